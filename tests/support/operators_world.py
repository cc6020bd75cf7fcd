"""A holder's monitors for operators, without LiveKit: inbox, commands, history, and a store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

from livekit import rtc

from agents.keys.pressing import NotPressed
from agents.monitors.call_end import CallEnding
from agents.monitors.operator_commands import OperatorCommands
from agents.monitors.operator_history import OperatorHistory
from agents.monitors.operator_inbox import OperatorInbox
from agents.session.voice import SessionVoice
from persistence.records import (
    Call,
    Handoff,
    HandoffState,
    JobId,
    OperatorRequest,
    RequestId,
    RequestKind,
    WorkerId,
)
from tests.support.fakes import START, LoopClock, Steps
from tests.support.handoff_world import BILLING, CALL, FRONT_DESK, HANDOFF, HOLDER, OPERATOR
from tests.support.memory_store import MemoryStore
from transfer.protocol import NUDGE_TOPIC

GOODBYE = "Goodbye."


class FakeRoom:
    """Delivers data packets; the server's have no sender."""

    def __init__(self) -> None:
        self._heard: list[Callable[[rtc.DataPacket], None]] = []

    def on(self, event: str, heard: Callable[[rtc.DataPacket], None]) -> None:
        assert event == "data_received"
        self._heard.append(heard)

    def sends(self, topic: str = NUDGE_TOPIC, sender: object = None) -> None:
        packet = SimpleNamespace(topic=topic, participant=sender, data=b"{}")
        for heard in self._heard:
            heard(cast(rtc.DataPacket, packet))


@dataclass
class FakeVoice(SessionVoice):
    """A voice without a session. Every line takes `takes_s` seconds."""

    takes_s: float = 2.0
    broken: type[Exception] | None = None
    interrupted: bool = False
    said: list[str] = field(default_factory=list)
    answered: list[str] = field(default_factory=list)
    speaks: asyncio.Event = field(default_factory=asyncio.Event)

    async def announce(self, line: str) -> bool:
        return await self._speak(line, self.said)

    async def answer(self, words: str) -> bool:
        return await self._speak(words, self.answered)

    async def finished(self) -> None:
        await asyncio.sleep(0)

    async def _speak(self, words: str, spoken: list[str]) -> bool:
        self.speaks.set()
        if self.broken is not None:
            raise self.broken("the line was not spoken to its end")
        await asyncio.sleep(self.takes_s)
        spoken.append(words)
        return not self.interrupted


@dataclass
class FakeDesk:
    """A handoff desk. A test decides whether a handoff is open."""

    ending: CallEnding
    open: bool = False
    ordered: list[Handoff] = field(default_factory=list)
    looked: int = 0
    given_up: list[str] = field(default_factory=list)

    @property
    def busy(self) -> bool:
        return self.open or self.ending.decided

    async def give_up(self, *, by: str, reason: str) -> None:
        if self.open:
            self.given_up.append(f"{reason}, {by}")
            self.open = False

    def order_transfer(self, handoff: Handoff) -> None:
        self.ordered.append(handoff)

    def row_moved(self) -> None:
        self.looked += 1


class OperatedCall:
    """One call, which HOLDER holds until the test ends it."""

    def __init__(self, *, job: JobId = HOLDER) -> None:
        self.steps = Steps()
        self.clock = LoopClock()
        self.store = MemoryStore(self.steps)
        self.room = FakeRoom()
        self.ending = CallEnding()
        self.desk = FakeDesk(self.ending)
        self.voice = FakeVoice()
        self.notes: list[str] = []
        self.pressed: list[RequestId] = []
        self.not_pressed: str | None = None
        self.call = Call(CALL, "room-1", "caller-1", FRONT_DESK, job, WorkerId("worker-1"), START)
        self._job = job
        self._asked = 0
        self.on_hold = False
        self.over: Call | None = None
        self.successor: Call | None = None

    def _follow(self, row: Call, successor: Call | None) -> None:
        self.on_hold = row.held_at is not None
        self.over, self.successor = (row if row.ended_at is not None else None), successor

    @asynccontextmanager
    async def monitored(self) -> AsyncIterator[None]:
        """Run the holder's monitors while the block lasts, then cancel them as when a call ends."""
        await self.store.open_call(self.call)
        recall = OperatorHistory(
            self.store, CALL, self._job, self.clock, notes=self.notes, add_note=self._add_note
        )
        acts = OperatorCommands(
            self.store,
            self.call,
            self._job,
            self.clock,
            voice=self.voice,
            busy=lambda: self.desk.busy,
            on_hold=lambda: self.on_hold,
            abandon_handoff=self.desk.give_up,
            ending=self.ending,
            goodbye=GOODBYE,
            add_note=self._add_note,
            press_keys=self._press,
        )
        self.acts = acts
        watch = OperatorInbox(
            self.store,
            CALL,
            self._job,
            order_transfer=self.desk.order_transfer,
            row_moved=self.desk.row_moved,
            follow_call=self._follow,
            follow_listeners=lambda _: None,
            accept_requests=acts.accept,
        )
        watch.attach(cast(rtc.Room, self.room))
        runs: list[Coroutine[Any, Any, None]] = [acts.execute_requests(), recall.load(), watch.poll_store()]
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(run) for run in runs]
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()

    async def asks(self, kind: RequestKind, words: str = "", *, nudge: bool = False) -> RequestId:
        self._asked += 1
        request = OperatorRequest(
            id=RequestId(f"request-{self._asked}"),
            call_id=CALL,
            room="room-1",
            kind=kind,
            words=words,
            requested_by=OPERATOR,
            idempotency_key=f"key-{self._asked}",
            requested_at=self.clock.now_ms(),
        )
        await self.store.add_request(request)
        if nudge:
            self.room.sends()
        return request.id

    async def row(self, request_id: RequestId) -> OperatorRequest:
        row = await self.store.request(request_id)
        assert row is not None
        return row

    async def waited_ms(self, request_id: RequestId) -> int:
        """Return the ms from the row's request to its end."""
        row = await self.row(request_id)
        assert row.ended_at is not None
        return row.ended_at - row.requested_at

    async def _press(self, request: RequestId) -> None:
        if self.not_pressed is not None:
            raise NotPressed(self.not_pressed)
        await asyncio.sleep(1)
        self.pressed.append(request)

    async def _add_note(self, note: str) -> None:
        self.notes.append(note)


def a_handoff(*, by: str = OPERATOR, job: JobId = HOLDER, at: int = START) -> Handoff:
    return Handoff(
        id=HANDOFF,
        call_id=CALL,
        from_role=FRONT_DESK,
        from_job=job,
        target=BILLING,
        reason="wants a person",
        requested_by=by,
        idempotency_key="key",
        state=HandoffState.REQUESTED,
        requested_at=at,
    )
