"""What a holder's desk does with requests from the model and from operators, even at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest
from livekit.agents.voice import SpeechHandle

from agents.call import handoff_desk as handoffs
from agents.call.active_call import ActiveCall
from agents.call.handoff_desk import HandoffDesk
from agents.monitors.call_end import CallEnding, HandedOver
from agents.redaction.redactor import Redactor
from agents.roster.roster import load_roster
from failover.recovery import order_heard
from persistence.contract.handoffs import Outcome
from persistence.records import MODEL, Attempt, AttemptId, Call, Handoff, HandoffState, RoleName, WorkerId
from persistence.write_queue import WriteQueue
from tests.support.fakes import START, LoopClock, Steps
from tests.support.handoff_world import BILLING, CALL, FRONT_DESK, HOLDER, SETTINGS, TECHNICAL
from tests.support.memory_store import MemoryStore
from tests.support.operators_world import a_handoff
from tests.unit.agents.roster.test_roster import ROSTER, VOICES

pytestmark = pytest.mark.looptime

SPEECH = cast(SpeechHandle, SimpleNamespace(id="speech-1"))
TAKES_S = 3.0


class FakeHandoffRun:
    """Takes TAKES_S for each handoff, which then fails, or completes if `outcome` is COMPLETED."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self.outcome = HandoffState.DECLINED
        self.carried: list[tuple[str, Sequence[RoleName]]] = []
        self.asked: list[bool] = []
        self.abandoned = asyncio.Event()
        self._handoff: Handoff | None = None

    def of(self, handoff: Handoff, *, asked: bool) -> FakeHandoffRun:
        self._handoff = handoff
        self.asked.append(asked)
        return self

    async def run_handoff(self, targets: Sequence[RoleName], *, resumed: bool) -> Handoff:
        handoff = self._handoff
        assert handoff is not None
        self.carried.append((handoff.requested_by, targets))
        try:
            async with asyncio.timeout(TAKES_S):
                await self.abandoned.wait()
            ended = Outcome(HandoffState.ABANDONED, "abandoned")
        except TimeoutError:
            ended = Outcome(HandoffState.FAILED, "so")
        row = await self._store.end_handoff(handoff.id, ended, attempt_id=None, actor="us", at=START)
        return replace(row, state=self.outcome) if self.outcome is HandoffState.COMPLETED else row

    def abandon(self, *, by: str, reason: str) -> None:
        self.abandoned.set()

    def caller_left(self) -> None:
        self.abandoned.set()


class FakeVoice:
    def __init__(self) -> None:
        self.went_on: list[str] = []
        self.spoken: list[str] = []

    def open_ears(self) -> None: ...

    async def speak(self, line: str) -> None:
        self.spoken.append(line)

    async def go_on(self, line: str, *, happened: str) -> None:
        self.went_on.append(happened)


class Desked:
    """A desk at work, for a call that HOLDER holds."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.store = MemoryStore(Steps())
        self.ending = CallEnding()
        self.run = FakeHandoffRun(self.store)
        self.voice = FakeVoice()
        self.turns = SimpleNamespace(turns=())
        self.told: list[Mapping[str, Any]] = []  # messages to the worker's parent
        monkeypatch.setattr(
            handoffs, "handoff_run_for", lambda _call, handoff, asked: self.run.of(handoff, asked=asked)
        )
        roster = load_roster(ROSTER, voices=VOICES)
        call = SimpleNamespace(
            ctx=SimpleNamespace(job=SimpleNamespace(id=HOLDER)),
            process=SimpleNamespace(
                clock=LoopClock(),
                roster=roster,
                settings=SimpleNamespace(handoff=SETTINGS),
                write_queue=WriteQueue(),
                tell_parent=self.told.append,
            ),
            store=self.store,
            voice=self.voice,
            role=roster.role("front-desk"),
            current_role=roster.role("front-desk"),
            row=Call(CALL, "room-1", "caller-1", FRONT_DESK, HOLDER, WorkerId("worker-1"), START),
            turns=self.turns,
            hold=SimpleNamespace(is_on=False),
            redactor=Redactor(()),
            ending=self.ending,
        )
        self.row, self.call = call.row, call
        self.desk = HandoffDesk(cast(ActiveCall, call))

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        await self.store.open_call(self.row)
        work = asyncio.create_task(self.desk.serve_requests())
        try:
            yield
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)


@pytest.fixture
def desked(monkeypatch: pytest.MonkeyPatch) -> Callable[[], Desked]:
    return lambda: Desked(monkeypatch)


async def test_an_operators_handoff_goes_to_its_target_and_to_nobody_else(
    desked: Callable[[], Desked],
) -> None:
    here = desked()
    async with here.at_work():
        handoff = await here.store.request_handoff(a_handoff(), at_most=5)
        for _ in range(3):  # the watch sees the row again until the handoff is under way
            here.desk.order_transfer(handoff)
        assert here.desk.busy
        assert here.told == [order_heard(handoff.id)], "at once, whatever is being said"
        await asyncio.sleep(TAKES_S + 1)
        assert not here.desk.busy
        assert here.run.carried == [("an operator", [BILLING])]


async def test_the_models_goes_to_the_holders_other_targets_as_well(desked: Callable[[], Desked]) -> None:
    here = desked()
    async with here.at_work():
        here.desk.ask_transfer("technical", "your internet is slow", SPEECH)
        await asyncio.sleep(TAKES_S + 1)
        assert here.run.carried == [(MODEL, [TECHNICAL, BILLING])]


async def test_a_handoff_is_from_the_role_that_has_the_caller_now(desked: Callable[[], Desked]) -> None:
    here = desked()
    here.call.current_role = here.call.process.roster.role("billing")
    async with here.at_work():
        here.desk.ask_transfer("technical", "your internet is slow", SPEECH)
        await asyncio.sleep(TAKES_S + 1)
        (row,) = await here.store.handoffs()
        assert row.from_role == BILLING


async def test_only_a_caller_who_asked_is_answered_as_one_who_asked(desked: Callable[[], Desked]) -> None:
    here = desked()
    async with here.at_work():
        for by_caller in (True, False):
            here.desk.ask_transfer("technical", "your internet is slow", SPEECH, by_caller=by_caller)
            await asyncio.sleep(TAKES_S + 1)
        here.desk.order_transfer(await here.store.request_handoff(a_handoff(), at_most=5))
        await asyncio.sleep(TAKES_S + 1)
        assert here.run.asked[0] is True
        assert not any(here.run.asked[1:])


async def test_a_handoff_that_a_recovered_call_goes_on_with_is_told_to_have_been_heard_as_well(
    desked: Callable[[], Desked],
) -> None:
    here = desked()
    async with here.at_work():
        handoff = await here.store.request_handoff(a_handoff(), at_most=5)
        here.desk.resume(handoff)
        assert here.told == [order_heard(handoff.id)]
        await asyncio.sleep(TAKES_S + 1)


@pytest.mark.fault("C5")
async def test_when_an_operator_was_first_the_models_gives_way_and_the_operators_happens(
    desked: Callable[[], Desked],
) -> None:
    here = desked()
    async with here.at_work():
        handoff = await here.store.request_handoff(a_handoff(), at_most=5)
        here.desk.ask_transfer("technical", "your internet is slow", SPEECH)
        here.desk.order_transfer(handoff)  # the watch sees it a moment later
        await asyncio.sleep(TAKES_S + 1)
        assert here.run.carried == [("an operator", [BILLING])]
        assert here.voice.went_on == []
        assert not here.desk.busy


async def test_an_earlier_handoff_that_never_ended_is_told_to_the_caller(
    desked: Callable[[], Desked],
) -> None:
    here = desked()
    async with here.at_work():
        handoff = await here.store.request_handoff(a_handoff(), at_most=5)
        attempt = Attempt(AttemptId("attempt-1"), handoff.id, BILLING, START)
        await here.store.begin_attempt(attempt, previous=None, actor=HOLDER)
        here.desk.ask_transfer("technical", "your internet is slow", SPEECH)
        await asyncio.sleep(1)
        assert here.run.carried == []
        assert "there is a fault on our side" in here.voice.went_on[0]


async def test_while_an_operators_handoff_is_open_the_model_asks_for_none(
    desked: Callable[[], Desked],
) -> None:
    here = desked()
    async with here.at_work():
        here.desk.order_transfer(await here.store.request_handoff(a_handoff(), at_most=5))
        here.desk.ask_transfer("technical", "your internet is slow", SPEECH)
        here.desk.ask_end(SPEECH)
        await asyncio.sleep(TAKES_S + 1)
        assert len(here.run.carried) == 1
        assert not here.ending.decided


async def test_a_handoff_that_completed_ends_our_part(desked: Callable[[], Desked]) -> None:
    here = desked()
    here.run.outcome = HandoffState.COMPLETED
    async with here.at_work():
        here.desk.order_transfer(await here.store.request_handoff(a_handoff(), at_most=5))
        assert await here.ending.wait() == HandedOver()


async def test_a_handoff_that_is_given_up_is_over_before_anything_else_happens(
    desked: Callable[[], Desked],
) -> None:
    here = desked()
    async with here.at_work():
        here.desk.order_transfer(await here.store.request_handoff(a_handoff(), at_most=5))
        await asyncio.sleep(1)
        await here.desk.give_up(by="an operator", reason="the call ends")
        assert not here.desk.busy
        (row,) = await here.store.handoffs()
        assert row.state is HandoffState.ABANDONED


async def test_with_nothing_open_there_is_nothing_to_give_up(desked: Callable[[], Desked]) -> None:
    here = desked()
    async with here.at_work():
        waits: Awaitable[None] = here.desk.give_up(by="an operator", reason="the call ends")
        async with asyncio.timeout(0.1):
            await waits


async def test_a_caller_who_was_away_while_being_put_through_still_is(desked: Callable[[], Desked]) -> None:
    here = desked()
    async with here.at_work():
        here.desk.ask_transfer("technical", "your internet is slow", SPEECH)
        await asyncio.sleep(1)
        await here.desk.caller_left()
        here.run.abandoned.clear()
        here.desk.caller_back()
        await asyncio.sleep(TAKES_S + 1)
        assert here.run.carried == [(MODEL, [TECHNICAL, BILLING])] * 2
        here.desk.caller_back()  # after a handoff that was not broken off
        await asyncio.sleep(TAKES_S + 1)
        assert len(here.run.carried) == 2
        assert len(here.voice.spoken) == 1, "welcome back"


@pytest.mark.parametrize("why", ["somebody has spoken since", "an operator's"])
async def test_a_handoff_is_not_asked_for_again(desked: Callable[[], Desked], why: str) -> None:
    here = desked()
    async with here.at_work():
        if why == "an operator's":
            here.desk.order_transfer(await here.store.request_handoff(a_handoff(), at_most=5))
        else:
            here.desk.ask_transfer("technical", "your internet is slow", SPEECH)
            here.turns.turns = (SimpleNamespace(started_at=START + 1),)
        await asyncio.sleep(1)
        await here.desk.caller_left()
        here.desk.caller_back()
        await asyncio.sleep(1)
        assert len(here.run.carried) == len(here.voice.spoken) == 1
