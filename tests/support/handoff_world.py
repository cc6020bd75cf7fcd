"""A handoff's holder and targets, run against each other in one loop, and its invariants."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial

from errors import BadInput, StaleHandoff
from persistence.records import (
    CALLER,
    MODEL,
    Call,
    CallId,
    Completes,
    Handoff,
    HandoffId,
    HandoffState,
    JobId,
    RoleName,
    Turn,
    WorkerId,
)
from persistence.write_queue import WriteQueue
from settings import HandoffSettings
from tests.support.fakes import (
    START,
    FakeDispatcher,
    FakeHolderLine,
    FakeStage,
    FakeSummarizer,
    FakeSwitchboard,
    FakeVoice,
    LoopClock,
    Steps,
    Wire,
)
from tests.support.memory_store import MemoryStore
from transfer.holder.brief import make_brief
from transfer.holder.company import Helpers, Reminders
from transfer.holder.handoff_run import HandoffRun
from transfer.holder.lines import Introductions, Lines
from transfer.protocol import Fact, TakeHandoff
from transfer.states import TERMINAL
from transfer.target.target import Target

FRONT_DESK, BILLING, TECHNICAL = RoleName("front-desk"), RoleName("billing"), RoleName("technical")
SALES = RoleName("sales")
OPERATOR = "an operator"
HOLDER = JobId("job-holder")
CALL, HANDOFF = CallId("call-1"), HandoffId("handoff-1")
REASON = "you were charged twice"
TURNS = [Turn(CALL, 1, CALLER, "I was charged twice.", START, START + 1500)]
SETTINGS = HandoffSettings.model_construct()


def lines(target: RoleName, *, short: bool = False) -> Lines:
    """Return its lines. `short`: the target introduces itself. Raises: BadInput, for an unknown role."""
    if target not in {FRONT_DESK, BILLING, TECHNICAL, SALES}:
        raise BadInput("the roster", f"there is no role {target!r}", "name one of its roles")
    return Lines(
        hold=("One moment.", f"I get {target}.", "It takes a while.")
        if short
        else (f"Please wait for {target}.",),
        hold_instead=(f"Please wait for {target} instead.",),
        introduction="" if short else f"Here is {target}.",
        introduction_after_wait="Thank you." if short else f"Thank you. Here is {target}.",
        declined=f"{target} cannot.",
        unanswered=f"{target} did not answer.",
        failed=f"{target} did not work.",
        cancelled="We stay together.",
        because={},
        note="It did not happen: {why}.",
    )


@dataclass
class Arrival:
    """One target's process."""

    task: TakeHandoff
    wire: Wire
    stage: FakeStage
    target: Target
    write_queue: WriteQueue
    job: JobId


class World:
    """A handoff in memory. A role accepts, as fast as a real one, unless it is `absent` or `declining`."""

    def __init__(
        self,
        *,
        absent: Sequence[RoleName] = (),
        declining: Sequence[RoleName] = (),
        screening: bool = False,
        short: bool = False,
        settings: HandoffSettings = SETTINGS,
        requested_by: str = MODEL,
        completes: Completes = Completes.AUTO,
    ) -> None:
        self._requested_by, self._completes = requested_by, completes
        self.steps = Steps()
        self.clock = LoopClock()
        self.store = MemoryStore(self.steps)
        self.voice = FakeVoice(self.steps, self.clock)
        self.dispatcher = FakeDispatcher(self.steps)
        self.switchboard = FakeSwitchboard(self.steps)
        self.arrivals: list[Arrival] = []
        self._absent, self._declining, self._screening = absent, declining, screening
        self.settings = settings
        self.limits: Callable[[RoleName], HandoffSettings] = lambda _: settings
        self.reminders: Reminders | None = None
        self.helpers: Helpers | None = None
        self.introductions: Introductions | None = None
        self.answers_after_s = 0.0
        self._lines = partial(lines, short=short)
        self.dispatcher.arrive = self._arrive
        self.write_queue = WriteQueue()
        self.handoff_run: HandoffRun | None = None

    async def run_handoff(
        self,
        handoff: Handoff,
        targets: Sequence[RoleName],
        *,
        resumed: bool = False,
        turns: Sequence[Turn] = TURNS,
    ) -> Handoff:
        """Run only the holder's side."""
        self.handoff_run = HandoffRun(
            handoff,
            turns=lambda: turns,
            brief=lambda row: make_brief(row, turns=TURNS, facts={"order": Fact(value="17", source="said")}),
            lines=self._lines,
            store=self.store,
            write_queue=self.write_queue,
            dispatcher=self.dispatcher,
            switchboard=self.switchboard,
            voice=self.voice,
            summarizer=FakeSummarizer(self.steps),
            clock=self.clock,
            settings=self.settings,
            limits=self.limits,
            reminders=self.reminders,
            helpers=self.helpers,
            introductions=self.introductions,
            job=HOLDER,
            holder="agent-job-holder",
            caller="caller-1",
        )
        return await self.handoff_run.run_handoff(targets, resumed=resumed)

    def cancel(self, *, by: str, reason: str) -> None:
        """Cancel the open handoff, if there is one."""
        if self.handoff_run is not None:
            self.handoff_run.cancel(by=by, reason=reason)

    def caller_left(self) -> None:
        if self.handoff_run is not None:
            self.handoff_run.caller_left()

    def row_moved(self) -> None:
        if self.handoff_run is not None:
            self.handoff_run.row_moved()

    async def hand_over(self, *targets: RoleName) -> Handoff:
        """Request, run to the end, and wait for everything that still runs. Returns the holder's result."""
        handoff = await self.request(targets[0])
        return await self.settled(await self.run_handoff(handoff, targets))

    async def settled(self, ended: Handoff) -> Handoff:
        """Wait for everything that still runs. Returns `ended`."""
        await self.write_queue.close(60)
        await asyncio.gather(*self.dispatcher.jobs, return_exceptions=True)
        for arrival in self.arrivals:
            await arrival.write_queue.close(60)
        return ended

    async def request(self, target: RoleName) -> Handoff:
        await self.store.open_call(
            Call(CALL, "room-1", "caller-1", FRONT_DESK, HOLDER, WorkerId("worker-1"), START)
        )
        row = Handoff(
            id=HANDOFF,
            call_id=CALL,
            from_role=FRONT_DESK,
            from_job=HOLDER,
            target=target,
            reason=REASON,
            requested_by=self._requested_by,
            idempotency_key="key-1",
            state=HandoffState.REQUESTED,
            requested_at=self.clock.now_ms(),
            completes=self._completes,
        )
        return await self.store.request_handoff(row, at_most=5)

    async def row(self) -> Handoff:
        """Return the handoff's row from the store. Reading it is not a step of the handoff."""
        (row,) = await self.store.handoffs()
        return row

    async def approve(self) -> bool:
        """As an operator does it: write the row, then nudge the holder. Returns False if it was too late."""
        return await self._order(self.store.approve_handoff(HANDOFF, by=OPERATOR, at=self.clock.now_ms()))

    async def redirect(self, target: RoleName, *, reason: str = "", note: str = "") -> bool:
        """As `approve`, for a redirect."""
        at = self.clock.now_ms()
        return await self._order(
            self.store.redirect_handoff(HANDOFF, target, by=OPERATOR, at=at, reason=reason, note=note)
        )

    async def _order(self, write: Awaitable[Handoff]) -> bool:
        try:
            await write
        except StaleHandoff:
            return False
        self.row_moved()
        return True

    async def _arrive(self, task: TakeHandoff) -> None:
        if task.role in self._absent:
            return
        wire = self.switchboard.wires[task.attempt]
        stage = FakeStage(self.steps, self.clock, wire)
        stage.decides_on_summary, stage.decides_after_s = self._screening, self.answers_after_s
        if task.role in self._declining:
            stage.accepts = (False, "all lines are busy")
        job = JobId(f"job-{len(self.arrivals)}")
        write_queue = WriteQueue()
        target = Target(
            store=self.store,
            stage=stage,
            line=FakeHolderLine(wire, self.steps),
            clock=self.clock,
            settings=self.limits(RoleName(task.role)),
            write_queue=write_queue,
            job=job,
            worker=WorkerId("worker-1"),
        )
        self.arrivals.append(Arrival(task, wire, stage, target, write_queue, job))
        await target.answer_attempt(task)

    async def must_be_sound(self, ended: Handoff) -> None:
        """Check what must hold after every handoff, whatever went wrong."""
        row = await self.row()
        assert row.state is ended.state, "the row says what the holder said"
        events = await self.store.events()
        assert sum(event.kind == "handoff" and event.moved_to in TERMINAL for event in events) == 1, "one end"
        assert not self.voice.music, "the music is off"
        assert not self.voice.speaking, "nobody is left in the middle of a line"
        assert all(attempt.outcome for attempt in await self.store.attempts(HANDOFF)), (
            "every attempt has an outcome"
        )
        on_air = [arrival.job for arrival in self.arrivals if arrival.stage.on_air]
        if ended.state is HandoffState.COMPLETED:
            assert set(on_air) <= {row.target_job}, "nobody but the holder is on air"
            assert self.steps.count("go_on") == 0, "the old holder says nothing more"
        else:
            assert not on_air, "no target is on air"
            assert self.voice.ears_open, "the holder listens again"
            assert not any(arrival.stage.joined for arrival in self.arrivals), "no target stays in the room"
            assert self.steps.count("withdraw") == len(self.dispatcher.dispatched), "nobody comes late"
            assert self.steps.count("go_on") == (0 if ended.state is HandoffState.ABANDONED else 1), (
                "it says so once"
            )
        assert asyncio.all_tasks() == {asyncio.current_task()}, "nothing runs any more"
