"""Only a yes gets the caller through: by key or by word, and never a machine's words or silence."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from agents.phone.asking import (
    AGAIN_AFTER_S,
    ANSWERS_WITHIN_S,
    HEARD_AFTER_S,
    UNTIL_VOICE_S,
    WORDS_WITHIN_S,
    Asking,
)
from agents.roster.phone import ACCEPTS_WITHIN_S
from agents.roster.phone_words import PhoneWords
from persistence.phones import DialState

pytestmark = pytest.mark.looptime

WORDS = PhoneWords.model_validate({})
HELLO, BRIEF = "Hello, I have a caller for billing.", "They have been charged twice."
SAYS_S = 3.0
"""How long each text takes to be spoken."""
UNTIL_ASKED_S = UNTIL_VOICE_S + 2 * SAYS_S
ASKED_S = UNTIL_ASKED_S + HEARD_AFTER_S
"""The earliest time of an answer."""


class Telephone:
    """A telephone that somebody has answered."""

    def __init__(self, words: PhoneWords = WORDS) -> None:
        self.spoken: list[tuple[float, str]] = []
        self.cut_off = 0
        self.asking = Asking(words, self._speak, told=(HELLO, BRIEF))
        self._began = asyncio.get_running_loop().time()

    @property
    def now_s(self) -> float:
        return round(asyncio.get_running_loop().time() - self._began, 3)

    async def _speak(self, text: str) -> None:
        self.spoken.append((self.now_s, text))
        try:
            await asyncio.sleep(SAYS_S)
        except asyncio.CancelledError:
            self.cut_off += 1
            raise

    async def outcome(self, *what: tuple[float, Callable[[Asking], None]]) -> DialState:
        """Return the outcome if these things happen at these times, in seconds after the answer."""
        loop = asyncio.get_running_loop()
        for at_s, does in what:
            loop.call_later(at_s, does, self.asking)
        return await self.asking.outcome()


def makes_a_sound(asking: Asking) -> None:
    """Make a sound in which no word is recognised."""
    asking.hear_voice()
    asking.hear_end()


def says(words: str) -> Callable[[Asking], None]:
    def say(asking: Asking) -> None:
        asking.hear_voice()
        asking.hear_words(words, final=True)
        asking.hear_end()

    return say


def presses(key: str) -> Callable[[Asking], None]:
    return lambda asking: asking.hear_key(key)


async def test_the_brief_begins_when_they_speak_and_the_question_stops_when_they_accept() -> None:
    telephone = Telephone()
    outcome = await telephone.outcome((1.0, says("Hello?")), (8.0, presses("1")))
    assert outcome is DialState.ACCEPTED
    assert telephone.spoken == [(1.0, HELLO), (4.0, BRIEF), (7.0, WORDS.question)]
    assert telephone.cut_off == 1
    assert telephone.now_s == 8.0


async def test_who_presses_the_key_during_the_brief_is_asked_at_once_and_presses_it_again() -> None:
    telephone = Telephone()
    assert await telephone.outcome((4.5, presses("1")), (5.5, presses("1"))) is DialState.ACCEPTED
    assert telephone.spoken == [(UNTIL_VOICE_S, HELLO), (4.5, WORDS.question)]
    assert telephone.now_s == 5.5


@pytest.mark.parametrize("at_s", [0.0, 0.4, 2.5, 7.9])
async def test_a_machine_that_dials_a_key_before_it_is_asked_gets_no_caller_whatever_it_says(
    at_s: float,
) -> None:
    telephone = Telephone()
    outcome = await telephone.outcome(
        (at_s, says("Push one and you are connected.")),
        (at_s, presses("1")),
        (at_s + 0.05, presses("1")),  # reported twice: as an event, and as a tone
    )
    assert outcome is DialState.NOT_ACCEPTED


async def test_what_comes_with_the_questions_first_word_is_no_answer_to_it() -> None:
    too_soon_s = UNTIL_ASKED_S + HEARD_AFTER_S - 0.1
    assert await Telephone().outcome((too_soon_s, presses("1"))) is DialState.SILENT
    assert await Telephone().outcome((too_soon_s, says("Yes."))) is DialState.NOT_ACCEPTED


async def test_who_picks_up_and_waits_is_spoken_to() -> None:
    telephone = Telephone()
    await telephone.outcome((5.0, presses("2")))
    assert telephone.spoken[0] == (UNTIL_VOICE_S, HELLO)


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        ("Yes.", DialState.ACCEPTED),
        ("Put them through, please.", DialState.ACCEPTED),
        ("Okay, go ahead.", DialState.ACCEPTED),
        ("No.", DialState.DECLINED),
        ("I can't right now.", DialState.DECLINED),
        ("Yes, but not now.", DialState.DECLINED),
        ("Who is that?", DialState.NOT_ACCEPTED),
        ("Yes this is the office of somebody who will call back soon, bye bye", DialState.NOT_ACCEPTED),
        ("Yes, you have reached Anna.", DialState.MACHINE),
    ],
)
async def test_an_answer_to_the_question_counts(said: str, outcome: DialState) -> None:
    assert await Telephone().outcome((UNTIL_ASKED_S + 1, says(said))) is outcome


async def test_who_cannot_be_spoken_to_is_not_hung_up_on(caplog: pytest.LogCaptureFixture) -> None:
    async def fails(_: str) -> None:
        raise ValueError

    telephone = Telephone()
    telephone.asking = Asking(WORDS, fails, told=(HELLO, BRIEF))
    assert await telephone.outcome((UNTIL_VOICE_S + 1.0, presses("1"))) is DialState.ACCEPTED
    assert "was not spoken to" in caplog.text


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        ("Ja, gern, stellen Sie durch.", DialState.ACCEPTED),
        ("Nein, gerade nicht.", DialState.DECLINED),
        ("Bitte hinterlassen Sie eine Nachricht für Uta.", DialState.MACHINE),
    ],
)
async def test_the_words_may_be_of_another_language(said: str, outcome: DialState) -> None:
    german = PhoneWords.model_validate(
        {"yes": ["ja"], "no": ["nein", "nicht"], "machine": ["eine Nachricht für"], "screening": []}
    )
    assert await Telephone(german).outcome((UNTIL_ASKED_S + 1, says(said))) is outcome


async def test_a_yes_before_the_question_is_how_people_answer_telephones() -> None:
    assert await Telephone().outcome((0.5, says("Yes?"))) is DialState.NOT_ACCEPTED


async def test_words_that_began_before_the_question_are_no_answer_to_it() -> None:
    def goes_on(asking: Asking) -> None:
        asking.hear_words("yes", final=True)

    began = (UNTIL_ASKED_S - 1, lambda asking: asking.hear_voice())
    assert await Telephone().outcome(began, (UNTIL_ASKED_S + 1, goes_on)) is DialState.NOT_ACCEPTED


@pytest.mark.parametrize(
    ("heard", "outcome"),
    [
        (says("Please leave a message after the tone."), DialState.MACHINE),
        (says("The person you are calling is not available."), DialState.MACHINE),
        (lambda asking: asking.hear_beep(), DialState.MACHINE),
        (says("Please state your name and I will see if they are there."), DialState.SCREENED),
        (lambda asking: asking.hang_up(), DialState.HUNG_UP),
        (presses("2"), DialState.DECLINED),
    ],
)
async def test_what_gives_a_machine_away_ends_the_call_at_once(
    heard: Callable[[Asking], None], outcome: DialState
) -> None:
    telephone = Telephone()
    assert await telephone.outcome((2.5, heard)) is outcome
    assert telephone.now_s == 2.5
    assert BRIEF not in [text for _, text in telephone.spoken], "no mailbox records what it is about"


async def test_a_machine_that_dials_the_key_itself_is_found_out_by_the_words_before_it() -> None:
    outcome = await Telephone().outcome(
        (ASKED_S, lambda asking: asking.hear_voice()),
        (ASKED_S + 2.0, presses("1")),
        (ASKED_S + 2.8, lambda asking: asking.hear_words("To accept this call, press one.", final=True)),
    )
    assert outcome is DialState.SCREENED


async def test_a_key_counts_as_soon_as_what_they_said_has_ended() -> None:
    telephone = Telephone()
    outcome = await telephone.outcome(
        (ASKED_S, lambda asking: asking.hear_voice()),
        (ASKED_S + 2.0, presses("1")),
        (ASKED_S + 2.3, lambda asking: asking.hear_end()),
    )
    assert outcome is DialState.ACCEPTED
    assert telephone.now_s == ASKED_S + 2.3


async def test_a_key_counts_although_it_is_noisy_and_no_words_come() -> None:
    telephone = Telephone()
    outcome = await telephone.outcome(
        (4.0, lambda asking: asking.hear_voice()), (ASKED_S + 2.0, presses("1"))
    )
    assert outcome is DialState.ACCEPTED
    assert telephone.now_s == ASKED_S + 2.0 + WORDS_WITHIN_S


async def test_a_key_in_the_last_moment_counts_too() -> None:
    ends_s = UNTIL_ASKED_S + 2 * (SAYS_S + ANSWERS_WITHIN_S)
    outcome = await Telephone().outcome(
        (ends_s - 0.5, lambda asking: asking.hear_voice()), (ends_s - 0.2, presses("1"))
    )
    assert outcome is DialState.ACCEPTED


async def test_who_talks_on_and_on_before_the_question_is_a_machine() -> None:
    speech = (
        "We are a family firm and have been in this town for more than thirty years, come and see us any day"
    )
    assert await Telephone().outcome((3.0, says(speech))) is DialState.MACHINE


async def test_a_machines_words_count_before_it_has_ended() -> None:
    def begins(asking: Asking) -> None:
        asking.hear_voice()
        asking.hear_words("You have reached the voicemail", final=False)

    telephone = Telephone()
    assert await telephone.outcome((1.5, begins)) is DialState.MACHINE
    assert telephone.now_s == 1.5


async def test_a_yes_that_is_not_over_yet_is_no_yes() -> None:
    def begins(asking: Asking) -> None:
        asking.hear_voice()
        asking.hear_words("yes", final=False)
        asking.hear_words("yes but I cannot", final=True)

    assert await Telephone().outcome((UNTIL_ASKED_S + 1, begins)) is DialState.DECLINED


async def test_silence_is_no_yes_and_has_an_end() -> None:
    telephone = Telephone()
    assert await telephone.outcome() is DialState.SILENT
    asked = [text for _, text in telephone.spoken].count(WORDS.question)
    assert asked == 2
    assert telephone.now_s == UNTIL_ASKED_S + 2 * (SAYS_S + ANSWERS_WITHIN_S)
    assert telephone.now_s <= ACCEPTS_WITHIN_S


async def test_other_keys_are_no_answer() -> None:
    assert await Telephone().outcome((3.0, presses("7")), (4.0, presses("#"))) is DialState.SILENT


@pytest.mark.fault("T34")
@pytest.mark.parametrize("answers", [says("Who is that?"), says("The yeast."), makes_a_sound])
async def test_who_is_not_understood_is_asked_again_at_once_and_may_say_yes(
    answers: Callable[[Asking], None],
) -> None:
    telephone = Telephone()
    answered_s = UNTIL_ASKED_S + SAYS_S + 2.0
    outcome = await telephone.outcome((answered_s, answers), (answered_s + SAYS_S + 1.0, says("Yes.")))
    assert outcome is DialState.ACCEPTED
    assert telephone.spoken[2:] == [(UNTIL_ASKED_S, WORDS.question), (answered_s, WORDS.repeat)]


async def test_who_is_not_understood_over_the_question_is_asked_again_after_a_moment() -> None:
    telephone = Telephone()
    answered_s = UNTIL_ASKED_S + SAYS_S - 0.5
    again_s = UNTIL_ASKED_S + SAYS_S + AGAIN_AFTER_S
    outcome = await telephone.outcome((answered_s, says("The yeast.")), (again_s + 3.5, says("Yes.")))
    assert outcome is DialState.ACCEPTED
    assert telephone.spoken[-1] == (again_s, WORDS.repeat)


async def test_our_echo_and_a_hum_over_our_words_are_no_yes() -> None:
    """An echo's words are already filtered out; only its sound arrives."""
    telephone = Telephone()
    outcome = await telephone.outcome((UNTIL_ASKED_S + 1, makes_a_sound))
    assert outcome is DialState.NOT_ACCEPTED
    assert WORDS.repeat not in [text for _, text in telephone.spoken]
    assert await Telephone().outcome((UNTIL_ASKED_S + 1, says("Mhm."))) is DialState.NOT_ACCEPTED
    assert await Telephone().outcome((UNTIL_ASKED_S + SAYS_S + 1, says("Mhm."))) is DialState.ACCEPTED


async def test_who_is_never_understood_is_asked_four_times() -> None:
    telephone = Telephone()
    noise = [(UNTIL_ASKED_S + SAYS_S + at_s, makes_a_sound) for at_s in range(0, 60, 2)]
    assert await telephone.outcome(*noise) is DialState.NOT_ACCEPTED
    asked = [text for _, text in telephone.spoken[2:]]
    assert asked == [WORDS.question, *[WORDS.repeat] * 3]
    assert telephone.now_s <= ACCEPTS_WITHIN_S


@pytest.mark.fault("T34")
async def test_a_yes_in_the_last_moment_counts_once_its_words_are_known() -> None:
    ends_s = UNTIL_ASKED_S + 2 * (SAYS_S + ANSWERS_WITHIN_S)
    telephone = Telephone()
    outcome = await telephone.outcome(
        (ends_s - 0.2, lambda asking: asking.hear_voice()),
        (ends_s + 0.8, lambda asking: asking.hear_words("Yes.", final=True)),
    )
    assert outcome is DialState.ACCEPTED
    assert telephone.now_s == ends_s + 0.8


@pytest.mark.fault("T34")
async def test_who_answers_as_the_question_comes_again_is_heard_out() -> None:
    telephone = Telephone()
    again_s = UNTIL_ASKED_S + SAYS_S + ANSWERS_WITHIN_S
    outcome = await telephone.outcome(
        (again_s - 0.2, lambda asking: asking.hear_voice()),
        (again_s + 0.8, lambda asking: asking.hear_words("Yes.", final=True)),
    )
    assert outcome is DialState.ACCEPTED
    assert [text for _, text in telephone.spoken].count(WORDS.question) == 1
