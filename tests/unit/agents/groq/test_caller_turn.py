"""A caller's turn, window by window, with a transcriber whose answers come when the test chooses."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.groq.stt.caller_turn import TurnTracker
from agents.groq.stt.speech_meter import SURELY_SPEECH_S, SpeechChange, SpeechMeter
from agents.groq.stt.turn_audio import Window
from agents.turns.patience import Patience
from agents.turns.turn_judge import SilentAgent, TurnJudge
from settings import CallSettings

WINDOW_S = 0.032
CALL = CallSettings.model_construct(transcribe_after_s=0.1)
ALWAYS_HALF_A_SECOND = Patience(0.5, 0.5, 0.5, 0.5)


class TooMany(Exception):
    """Stands for Groq's 429."""


@dataclass
class Recorder:
    """The tracker's surroundings: the reported events and the open requests."""

    told: list[tuple[str, str]] = field(default_factory=list)
    requests: list[tuple[str, asyncio.Future[str]]] = field(default_factory=list)
    prompts: list[str] = field(default_factory=list)

    async def transcribe(self, windows: list[Window], after: str) -> str:
        """A window's audio is the letter that was said in it."""
        self.prompts.append(after)
        said = "".join(window.audio.decode() for window in windows).strip(".")
        answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.requests.append((said, answer))
        return await answer

    def speech_started(self) -> None:
        self.told.append(("started", ""))

    def preflight(self, words: str) -> None:
        self.told.append(("preflight", words))

    def resumed(self, words: str) -> None:
        self.told.append(("resumed", words))

    def final(self, words: str) -> None:
        self.told.append(("final", words))

    def nod(self, words: str, seconds: float) -> None:
        self.told.append(("nod", words))

    def not_understood(self) -> None:
        self.told.append(("not understood", ""))

    def failed(self, error: Exception) -> None:
        self.told.append(("failed", type(error).__name__))

    def endless(self) -> None:
        self.told.append(("endless", ""))


@dataclass
class Line:
    """Feeds windows to the tracker."""

    recorder: Recorder
    tracker: TurnTracker
    sound: str = ""  # of every window; if empty, its letter, whose loudness cannot be measured

    async def speak(self, letters: str) -> None:
        """Feed one window per letter; a dot is silence, a comma is ambiguous."""
        for letter in letters:
            probability = {".": 0.01, ",": 0.45}.get(letter, 0.9)
            self.tracker.hear(Window((self.sound or letter).encode(), WINDOW_S, probability))
            await asyncio.sleep(0)

    async def answer(self, words: str | Exception, *, number: int = -1) -> None:
        """Answer the newest request, or another one."""
        _, future = self.recorder.requests[number]
        if isinstance(words, Exception):
            future.set_exception(words)
        else:
            future.set_result(words)
        for _ in range(5):  # the answer, what follows from it, and the next request
            await asyncio.sleep(0)

    @property
    def asked(self) -> list[str]:
        return [said for said, _ in self.recorder.requests]

    @property
    def told(self) -> list[tuple[str, str]]:
        return self.recorder.told[1:]  # without "started"


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    recorder = Recorder()
    tracker = TurnTracker(
        recorder.transcribe,
        recorder,
        CALL,
        judge=TurnJudge(ALWAYS_HALF_A_SECOND),
        is_rate_limit=lambda error: isinstance(error, TooMany),
    )
    yield Line(recorder, tracker)
    await tracker.close()


DIP, PAUSE, END = "." * 4, "." * 8, "." * 16
"""Short enough to lie within a word; certainly between two words; long enough to end a turn."""


async def test_a_request_is_sent_after_a_tenth_of_a_second_of_silence(line: Line) -> None:
    await line.speak("aaaa..")
    assert line.asked == []
    await line.speak(".")
    assert line.asked == ["aaaa"]


async def test_a_preflight_comes_at_once_and_the_final_after_half_a_second(line: Line) -> None:
    await line.speak("aaaa" + PAUSE)
    await line.answer("hello")
    assert line.told == [("preflight", "hello")]
    await line.speak("." * 7)
    assert line.told == [("preflight", "hello")]
    await line.speak(".")
    assert line.told == [("preflight", "hello"), ("final", "hello")]


async def test_a_late_transcript_is_final_without_a_preflight(line: Line) -> None:
    await line.speak("aaaa" + END)
    assert line.told == []
    await line.answer("hello")
    assert line.told == [("final", "hello")]


@pytest.mark.fault("A7")
async def test_speech_without_words_is_reported_and_a_cough_is_not(line: Line) -> None:
    await line.speak("a" * round(SURELY_SPEECH_S / WINDOW_S + 1) + END)
    await line.answer("")
    await line.speak("aaaa" + END)
    await line.answer("")
    assert line.told == [("not understood", ""), ("started", ""), ("final", "")]


async def test_a_short_turn_with_a_pause_is_transcribed_as_a_whole(line: Line) -> None:
    await line.speak("aaaa" + PAUSE)
    await line.answer("hello")
    await line.speak("......bbbb" + PAUSE)
    await line.answer("hello can you help me")
    await line.speak(END)
    assert [said.replace(".", "") for said in line.asked] == ["aaaa", "aaaabbbb"]
    assert line.told == [
        ("preflight", "hello"),
        ("resumed", "hello"),
        ("preflight", "hello can you help me"),
        ("final", "hello can you help me"),
    ]


async def test_a_transcript_that_arrives_after_the_caller_resumed_is_no_preflight(line: Line) -> None:
    await line.speak("aaaa" + PAUSE + "bb")
    await line.answer("hello")
    await line.speak("bb" + PAUSE)
    assert line.told == []
    await line.answer("hello you")
    assert line.told == [("preflight", "hello you")]


async def test_an_overtaken_request_is_not_broken_off_and_not_more_than_two_run(line: Line) -> None:
    for letter in "abcd":
        await line.speak(letter * 70 + PAUSE)
    assert not any(future.done() for _, future in line.recorder.requests)
    assert len(line.asked) == 2
    await line.answer("one", number=0)
    assert len(line.asked) == 3
    assert line.told == []


async def test_a_pause_of_four_tenths_is_never_the_end(line: Line) -> None:
    for _ in range(5):
        await line.speak("a" * 40 + "." * 13)
        await line.answer("hello")
    assert ("final", "hello") not in line.told


async def test_a_soft_word_at_the_last_moment_delays_the_end_of_the_turn(line: Line) -> None:
    await line.speak("aaaa" + PAUSE)
    await line.answer("hello")
    await line.speak("." * 7 + ",")
    assert line.told == [("preflight", "hello")]
    await line.speak("bb")
    assert line.told[-1] == ("resumed", "hello")


async def test_a_possible_word_delays_the_end_of_the_turn_only_briefly(line: Line) -> None:
    await line.speak("aaaa" + PAUSE)
    await line.answer("hello")
    await line.speak("," * 30)
    assert line.told[-1] == ("final", "hello")


async def test_a_click_is_not_speech(line: Line) -> None:
    await line.speak("...a...a...")
    assert line.recorder.told == []
    await line.speak("aaaa" + DIP)
    await line.answer("hello")
    await line.speak("..b" + END)
    assert line.told == [("preflight", "hello"), ("final", "hello")]
    assert len(line.asked) == 1


async def test_a_turn_without_speech_ends_with_empty_words(line: Line) -> None:
    await line.speak("aaaa" + PAUSE)
    await line.answer("")
    await line.speak(END)
    assert line.told == [("final", "")]


async def test_audio_from_before_the_detection_is_transcribed_too(line: Line) -> None:
    await line.speak("." * 40 + ",,aaaa" + PAUSE)
    assert line.asked == [",,aaaa"]


async def test_a_failure_is_reported_at_the_end_of_the_turn(line: Line) -> None:
    await line.speak("aaaa" + PAUSE)
    await line.answer(ValueError())
    assert line.told == []
    await line.speak(END)
    assert line.told == [("failed", "ValueError")]
    await line.speak("bbbb" + PAUSE)
    await line.answer("hello")
    assert line.told[-1] == ("preflight", "hello")


async def test_a_failure_is_discarded_when_the_caller_resumes(line: Line) -> None:
    await line.speak("aaaa" + PAUSE)
    await line.answer(ValueError())
    await line.speak("bbbb" + PAUSE)
    await line.answer("hello you")
    await line.speak(END)
    assert line.told == [("preflight", "hello you"), ("final", "hello you")]


async def test_after_a_rate_limit_only_whole_turns_are_transcribed(line: Line) -> None:
    await line.speak("aaaa" + PAUSE)
    await line.answer(TooMany())
    await line.speak("bbbb" + PAUSE)
    assert len(line.asked) == 1
    await line.speak(END)
    assert line.asked[1].startswith("aaaa")
    await line.answer("hello you")
    assert line.told == [("final", "hello you")]


async def test_a_rate_limit_of_the_first_words_over_the_agent_counts_as_any_other() -> None:
    recorder = Recorder()
    tracker = TurnTracker(
        recorder.transcribe,
        recorder,
        CALL,
        judge=TurnJudge(ALWAYS_HALF_A_SECOND, floor=SpeakingAgent()),
        is_rate_limit=lambda error: isinstance(error, TooMany),
    )
    line = Line(recorder, tracker, sound="aa")
    await line.speak("a" * 20)  # enough for first words
    assert len(line.asked) == 1
    await line.answer(TooMany())
    await line.speak("a" * 20 + PAUSE)
    assert len(line.asked) == 1, "a pause is only a guess at the end of the turn"
    await line.speak(END)
    assert len(line.asked) == 2
    await tracker.close()


class SpeakingAgent(SilentAgent):
    """An agent in the middle of a reply that nothing stops."""

    agent_speaks = agent_replies = True


async def test_only_what_follows_a_pause_is_sent_and_its_words_are_the_prompt(line: Line) -> None:
    await line.speak("a" * 200 + PAUSE)
    await line.answer("the first part")
    await line.speak("b" * 200 + PAUSE)
    await line.answer("and the second")
    await line.speak(END)
    assert [set(said) - {"."} for said in line.asked] == [{"a"}, {"b"}]
    assert line.recorder.prompts == ["", "the first part"]
    assert line.told == [
        ("preflight", "the first part"),
        ("resumed", "the first part"),
        ("preflight", "the first part and the second"),
        ("final", "the first part and the second"),
    ]


async def test_a_word_that_a_dip_cuts_in_two_is_sent_again_as_a_whole(line: Line) -> None:
    await line.speak("a" * 200 + DIP)
    await line.answer("the first pa")
    await line.speak("b" * 200 + PAUSE)
    assert line.asked[-1] == "a" * 200 + DIP + "b" * 200
    await line.answer("the first part and the second")
    await line.speak(END)
    assert line.told[-1] == ("final", "the first part and the second")


async def test_a_short_piece_is_sent_together_with_the_one_before_it(line: Line) -> None:
    await line.speak("a" * 200 + PAUSE)
    await line.answer("my number is")
    await line.speak("b" * 40 + PAUSE)
    await line.answer("four seven")
    await line.speak("c" * 15 + END)
    assert set(line.asked[-1]) - {"."} == {"b", "c"}
    await line.answer("four seven one")
    assert line.told[-1] == ("final", "my number is four seven one")


async def test_what_follows_is_sent_while_the_words_before_it_are_still_awaited(line: Line) -> None:
    await line.speak("a" * 200 + PAUSE + "b" * 200 + PAUSE)
    await line.answer("and the second")
    assert line.told == []
    await line.answer("the first part", number=0)
    assert line.told == [("preflight", "the first part and the second")]


async def test_a_part_that_failed_in_mid_turn_is_sent_again_with_what_follows(line: Line) -> None:
    await line.speak("a" * 200 + PAUSE)
    await line.answer(ValueError())
    await line.speak("b" * 200 + END)
    assert set(line.asked[-1]) - {"."} == {"a", "b"}
    await line.answer("the first part and the second")
    assert line.told == [("final", "the first part and the second")]


async def test_when_the_last_part_fails_the_whole_turn_is_sent_once_more(line: Line) -> None:
    await line.speak("a" * 200 + PAUSE)
    await line.answer("the first part")
    await line.speak("b" * 200 + END)
    await line.answer(ValueError())
    assert set(line.asked[-1]) - {"."} == {"a", "b"}
    await line.answer("the first part and the second")
    assert line.told[-1] == ("final", "the first part and the second")


async def test_when_the_whole_turn_fails_too_the_failure_is_reported_and_no_half_is_answered(
    line: Line,
) -> None:
    await line.speak("a" * 200 + PAUSE)
    await line.answer("the first part")
    await line.speak("b" * 200 + END)
    await line.answer(ValueError())
    await line.answer(ValueError())
    assert [what for what, _ in line.told] == ["preflight", "resumed", "failed"]
    assert len(line.asked) == 3


async def test_speech_that_never_pauses_is_sent_in_bounded_pieces_and_reported_every_half_minute(
    line: Line,
) -> None:
    for _ in range(20):
        await line.speak("a" * 98 + ",b")  # 64 s; the comma is the quietest moment
        for number, (_, future) in enumerate(line.recorder.requests):
            if not future.done():
                await line.answer(f"noise {number}", number=number)
    assert [said[-1] for said in line.asked] == [","] * len(line.asked)
    assert all(len(said) * WINDOW_S < 30 for said in line.asked)
    assert line.told == [("endless", "")] * 2
    await line.speak(END)
    await line.answer("and more")
    assert line.told[-1] == ("final", "noise 0 noise 1 and more")


async def test_closing_cancels_the_request_and_reports_nothing(line: Line) -> None:
    await line.speak("aaaa" + PAUSE)
    await line.tracker.close()
    assert line.recorder.requests[0][1].cancelled()
    assert line.told == []


@given(st.lists(st.sampled_from([0.0, 0.2, 0.34, 0.4, 0.6, 0.95]), max_size=300))
def test_speech_and_pauses_always_alternate(probabilities: list[float]) -> None:
    meter = SpeechMeter(0.1)
    changes = [change for one in probabilities if (change := meter.hear(one, WINDOW_S))]
    assert changes == ([SpeechChange.STARTED, SpeechChange.PAUSED] * len(changes))[: len(changes)]
    assert meter.speaking is (len(changes) % 2 == 1)
