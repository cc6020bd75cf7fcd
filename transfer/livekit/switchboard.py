"""The private line between two agents in a room: the holder's switchboard, and the target's end."""

from __future__ import annotations

import asyncio
import logging

from livekit import rtc
from pydantic import TypeAdapter, ValidationError

from errors import LineFailed, StoreError
from persistence.contract.handoffs import HandoffStore
from persistence.records import HandoffId
from transfer.livekit.kinds import may_be_agent
from transfer.livekit.rpc import Departure, Handler, call, read, refused
from transfer.livekit.server_api import ServerApi
from transfer.livekit.target_line import LiveKitTargetLine
from transfer.protocol import (
    ANSWER,
    BRIEF_TOPIC,
    READY,
    RELEASE,
    SUMMARY,
    TAKE_OVER,
    Answer,
    Brief,
    Ready,
    Streamed,
    SummaryNote,
    TakeHandoff,
    Taken,
    TakeOver,
    agent_identity,
)

log = logging.getLogger(__name__)

_BRIEF: TypeAdapter[Brief | Streamed] = TypeAdapter(Brief | Streamed)


class LiveKitSwitchboard:
    """`transfer.ports.Switchboard`: one for each call, made when or before the room is connected."""

    def __init__(self, room: rtc.Room, server: ServerApi, store: HandoffStore) -> None:
        self._room = room
        self._server = server
        self._store = store
        self._task: TakeHandoff | None = None
        self._line: LiveKitTargetLine | None = None

    def open(self, task: TakeHandoff, brief: Brief) -> LiveKitTargetLine:
        """Open the line for the current attempt. An earlier line gets no more answers."""
        if self._line is None:
            self._room.local_participant.register_rpc_method(READY, self._on_ready)
            self._room.local_participant.register_rpc_method(ANSWER, self._on_answer)
        self._task, self._line = task, LiveKitTargetLine(self._room, self._server, task, brief)
        return self._line

    async def _on_ready(self, data: rtc.RpcInvocationData) -> str:
        line, task = self._line, self._task
        if line is None or task is None or read(Ready, data.payload).attempt != task.attempt:
            raise refused("no such attempt")
        if not await self._has_claimed(data.caller_identity, task):
            log.warning("another participant asked for the brief", extra={"attempt": task.attempt})
            raise refused("not the target of this attempt")
        return await line.brief_for(data.caller_identity)

    async def _on_answer(self, data: rtc.RpcInvocationData) -> str:
        line, task = self._line, self._task
        answer = read(Answer, data.payload)
        if line is None or task is None or answer.attempt != task.attempt:
            raise refused("no such attempt")
        if data.caller_identity != line.identity:
            raise refused("not the target of this attempt")
        line.answered(answer)
        return ""

    async def _has_claimed(self, identity: str, task: TakeHandoff) -> bool:
        """Whether this agent's job is in the row. Without a store, the secret attempt id is proof enough."""
        if identity == task.caller:
            return False
        try:
            row = await self._store.handoff(HandoffId(task.handoff))
        except StoreError:
            return may_be_agent(self._room, identity)
        return (
            row is not None
            and row.attempt_id == task.attempt
            and row.target_job is not None
            and identity == agent_identity(row.target_job)
        )


class LiveKitHolderLine:
    """`transfer.ports.HolderLine`. The room may connect later; the line listens from `ready` on."""

    def __init__(self, room: rtc.Room, task: TakeHandoff) -> None:
        loop = asyncio.get_running_loop()
        self._room = room
        self._task = task
        self._holder = Departure(room, task.holder)
        self._streams: asyncio.Queue[rtc.TextStreamReader] = asyncio.Queue()
        self._summary: asyncio.Future[SummaryNote] = loop.create_future()
        self._called: asyncio.Future[TakeOver] = loop.create_future()
        self._taken: asyncio.Future[bool] = loop.create_future()
        self._prepared = asyncio.Event()
        self._released = asyncio.Event()
        room.on("disconnected", self._released.set)  # without a room of our own, the call cannot be ours

    async def ready(self) -> Brief:
        self._listen()
        reply = await call(self._room, self._task.holder, READY, Ready(attempt=self._task.attempt))
        try:
            brief = _BRIEF.validate_json(reply)
            if isinstance(brief, Streamed):
                brief = Brief.model_validate_json(await self._streamed(brief.stream))
        except (ValidationError, rtc.StreamError) as error:
            raise LineFailed("the brief was not understood") from error
        return brief

    async def answer(self, answer: Answer) -> None:
        await call(self._room, self._task.holder, ANSWER, answer)

    async def summary(self) -> SummaryNote:
        return await asyncio.shield(self._summary)

    def reply_prepared(self) -> None:
        self._prepared.set()

    async def asked_to_take_over(self) -> TakeOver:
        return await asyncio.shield(self._called)

    def reply_taken(self, *, taken: bool) -> None:
        if not self._taken.done():
            self._taken.set_result(taken)

    async def released(self) -> None:
        await self._released.wait()

    async def holder_gone(self) -> None:
        await self._holder.wait()

    def _listen(self) -> None:
        self._room.register_text_stream_handler(BRIEF_TOPIC, self._on_stream)
        handlers: dict[str, Handler] = {
            SUMMARY: self._on_summary,
            TAKE_OVER: self._on_take_over,
            RELEASE: self._on_release,
        }
        for method, handler in handlers.items():
            self._room.local_participant.register_rpc_method(method, handler)

    def _on_stream(self, stream: rtc.TextStreamReader, identity: str) -> None:
        if identity == self._task.holder:
            self._streams.put_nowait(stream)
        else:
            stream.close()

    async def _streamed(self, stream_id: str) -> str:
        while (stream := await self._streams.get()).info.stream_id != stream_id:
            stream.close()
        return await stream.read_all()

    async def _on_summary(self, data: rtc.RpcInvocationData) -> str:
        self._check(data)
        if not self._summary.done():
            self._summary.set_result(read(SummaryNote, data.payload))
        await self._prepared.wait()  # the holder limits this wait
        return ""

    async def _on_take_over(self, data: rtc.RpcInvocationData) -> str:
        self._check(data)
        asked = read(TakeOver, data.payload)
        if asked.handoff != self._task.handoff:
            raise refused("another handoff")
        if not self._called.done():
            self._called.set_result(asked)
        return Taken(taken=await asyncio.shield(self._taken)).model_dump_json()

    async def _on_release(self, data: rtc.RpcInvocationData) -> str:
        self._check(data)
        self._released.set()
        return ""

    def _check(self, data: rtc.RpcInvocationData) -> None:
        """Everyone in the room can call us, but only the holder named in the dispatch may."""
        if data.caller_identity != self._task.holder:
            raise refused("not the holder")
