"""A caller who speaks while waiting: the model answers, they may stay with it, and the person comes first."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence

import pytest

from persistence.records import CALLER, Handoff, HandoffState, RoleName
from tests.support.fakes import START
from tests.support.handoff_world import BILLING, World
from transfer.ports import Help

pytestmark = pytest.mark.looptime

THINKS_S = 1.0
WAITS_S = 40.0
PLACE = "What is my place?"
SECOND = "You are second."
BREAK_OFF_LIMIT_S = 0.5


class Waiting:
    """A caller who waits for billing for `WAITS_S`, with a model that answers what they say."""

    def __init__(self, *answers: Help | None) -> None:
        self.asked: list[tuple[str, ...]] = []
        self.world = world = World()
        usual = world.settings
        world.limits = lambda _: usual.with_person(2 * WAITS_S)
        world.answers_after_s = WAITS_S
        self._answers = list(answers)
        world.helpers = lambda _: self._help

    async def _help(self, said: Sequence[str]) -> Help | None:
        self.asked.append(tuple(said))
        await asyncio.sleep(THINKS_S)
        return self._answers.pop(0)

    async def until_over(self, *acts: tuple[float, Callable[[], Awaitable[None] | None]]) -> Handoff:
        """Run the handoff with each act at its time in seconds, and return it as it ended."""
        handing = asyncio.create_task(self.world.hand_over(BILLING))
        for at_s, act in acts:
            await asyncio.sleep(at_s - asyncio.get_running_loop().time())
            if (acting := act()) is not None:
                await acting
        ended = await handing
        await self.world.must_be_sound(ended)
        return ended

    def says(self, at_s: float, words: str) -> tuple[float, Callable[[], None]]:
        return at_s, lambda: self.world.voice.hear(words)

    @property
    def passed_on(self) -> tuple[str, ...]:
        (arrival,) = self.world.arrivals
        return tuple(arrival.stage.said)


async def test_a_caller_who_speaks_is_answered_and_goes_on_waiting_with_music() -> None:
    waiting = Waiting(Help(SECOND))
    world = waiting.world
    ended = await waiting.until_over(waiting.says(10.0, PLACE))
    assert ended.state is HandoffState.COMPLETED
    assert world.voice.said == ["Please wait for billing.", SECOND, "Thank you. Here is billing."]
    assert (world.voice.known, waiting.passed_on) == ([PLACE], ()), "answered once, and by the model"
    assert world.steps.when("reply") == 10.0 + THINKS_S, "the music goes on while the model thinks"
    assert ended.target == BILLING
    row = await world.row()
    assert row.silence_ms is not None
    assert row.silence_ms < 2_000


async def test_what_the_model_could_not_answer_is_kept_and_asked_again_with_what_follows() -> None:
    waiting = Waiting(None, Help(SECOND))
    await waiting.until_over(waiting.says(10.0, PLACE), waiting.says(15.0, "Hello?"))
    assert waiting.asked == [(PLACE,), (PLACE, "Hello?")]
    assert (waiting.world.voice.known, waiting.passed_on) == ([PLACE, "Hello?"], ())


async def test_what_nobody_could_answer_is_passed_on_and_the_caller_hears_music() -> None:
    waiting = Waiting(None)
    await waiting.until_over(waiting.says(10.0, PLACE))
    assert waiting.passed_on == (PLACE,)
    assert waiting.world.steps.count("reply") == 0
    assert waiting.world.steps.count("start_music") == 1, "it has played on"


async def test_a_caller_whom_the_model_has_nothing_to_say_to_hears_nothing() -> None:
    waiting = Waiting(Help(""))
    await waiting.until_over(waiting.says(10.0, "Put it over there, dear."))
    assert waiting.world.steps.count("reply") == 0
    assert waiting.passed_on == ("Put it over there, dear.",)


async def test_a_caller_who_goes_on_meanwhile_hears_one_answer_to_the_whole() -> None:
    waiting = Waiting(Help("Not this."), Help(SECOND))
    await waiting.until_over(waiting.says(10.0, PLACE), waiting.says(10.5, "And how long is it?"))
    assert waiting.asked == [(PLACE,), (PLACE, "And how long is it?")]
    assert waiting.world.voice.said[1:2] == [SECOND]
    assert waiting.passed_on == ()


async def test_a_caller_who_interrupts_an_answer_is_answered_again() -> None:
    waiting = Waiting(Help(SECOND), Help("About a minute."))
    world = waiting.world

    async def interrupts() -> None:
        world.voice.stopped_after_s = 0.5
        world.voice.hear(PLACE)

    await waiting.until_over((10.0, interrupts), waiting.says(12.0, "How long?"))
    assert world.voice.known == [PLACE, "How long?"]
    assert world.voice.said[1] == "About a minute."


async def test_a_caller_who_needs_nobody_any_more_stays_with_the_model_and_hears_its_words_alone() -> None:
    waiting = Waiting(Help("Good. What else can I do?", stops=True))
    world = waiting.world
    ended = await waiting.until_over(waiting.says(10.0, "I have it, thanks."))
    assert ended.state is HandoffState.CANCELLED
    assert world.voice.said == ["Please wait for billing.", "Good. What else can I do?"]
    assert world.voice.kept == [], "it is answered"
    assert (await world.store.events())[-1].actor == CALLER
    (attempt,) = await world.store.attempts(ended.id)
    assert attempt.reason == "the caller did not want to wait any more"


async def test_a_caller_who_wants_something_else_is_answered_by_the_model_that_has_all_its_tools() -> None:
    waiting = Waiting(Help("", stops=True))
    ended = await waiting.until_over(waiting.says(10.0, "Call me back."))
    assert ended.state is HandoffState.CANCELLED
    assert waiting.world.voice.said[-1] == "We stay together."
    assert waiting.world.voice.kept == ["Call me back."], "for the model, once it has the caller again"


async def test_a_person_who_comes_in_the_middle_of_an_answer_is_heard_soon_and_alone() -> None:
    waiting = Waiting(Help(SECOND))
    world = waiting.world
    world.answers_after_s = 20.0
    accepted_at = 20.0 + 0.35  # dispatched, started and joined
    ended = await waiting.until_over(waiting.says(accepted_at - THINKS_S - 0.5, PLACE))
    assert ended.state is HandoffState.COMPLETED
    assert world.steps.count("break_off") == 1
    introduced = world.steps.when("introduce")
    row = await world.row()
    assert row.accepted_at is not None
    assert introduced - (row.accepted_at - START) / 1000 <= BREAK_OFF_LIMIT_S
    assert SECOND not in world.voice.said
    assert waiting.passed_on == (PLACE,), "half an answer is none"


async def test_an_answer_that_is_not_begun_when_the_person_comes_is_not_given() -> None:
    waiting = Waiting(Help(SECOND))
    world = waiting.world
    world.answers_after_s = 20.0
    await waiting.until_over(waiting.says(20.0, PLACE))
    assert world.steps.count("reply") == 0
    assert waiting.passed_on == (PLACE,)


async def test_news_of_the_wait_does_not_come_between_a_question_and_its_answer_nor_right_after() -> None:
    waiting = Waiting(Help(SECOND))
    world = waiting.world

    async def news(_: RoleName) -> AsyncGenerator[tuple[str, ...], None]:
        await asyncio.sleep(10.5)
        yield ("You are next.",)

    world.reminders = news
    await waiting.until_over(waiting.says(10.0, PLACE))
    assert world.voice.said[1:3] == [SECOND, "You are next."]


async def test_the_row_is_told_anew_what_it_is_about_once_they_have_talked() -> None:
    waiting = Waiting(Help(SECOND), Help("Yes."))
    world = waiting.world
    await waiting.until_over(waiting.says(10.0, PLACE), waiting.says(14.5, "Really?"))
    assert world.steps.count("summarize") == 2, "at the start, and once for the whole talk"


async def test_nobody_answers_a_caller_who_waits_for_a_model() -> None:
    waiting = Waiting()
    waiting.world.helpers = lambda _: None
    await waiting.until_over(waiting.says(10.0, PLACE))
    assert (waiting.asked, waiting.passed_on) == ([], (PLACE,))
