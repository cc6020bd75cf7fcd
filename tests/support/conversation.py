"""One call of a test: a caller who talks with agents, and what store and server report about the call."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeVar
from uuid import uuid4

from livekit import api

from bench.baselines.protocol import AGENT_NAME, BaselineJob
from local.caller.caller import Caller
from local.caller.token import caller_token
from local.measure.lanes import Span, longest_silence
from local.speech import CALLER, at_speed
from local.stack import Stack
from persistence.contract.store import Store
from persistence.engines import open_store
from persistence.records import Attempt, Call, Event, Handoff, HandoffState, Turn
from tests.support.fault_report import tell_of_call
from transfer.protocol import AnswerCall, agent_identity

DEPARTURE_S = 2.0  # the stack's setting: how long an agent waits for a caller who left
ANSWER_LIMIT_S = 25.0  # until an agent speaks, on a busy machine
SPEECH_LIMIT_S = 40.0  # until an agent has finished
ROW_LIMIT_S = 40.0
PAUSE_S = 0.7  # of silence, after which a person starts to speak
_LOOK_S = 0.05
_NOTHING = Span(0, 0)
QUICK = at_speed(CALLER, 1.75)
"""The caller of these tests, at the pace of their scripts: tests wait until a line is spoken."""

T = TypeVar("T")


@dataclass
class Conversation:
    """`desk` is the identity of the agent that spoke last; `met` lists all agents in order."""

    stack: Stack
    room: str
    caller: Caller
    store: Store
    api: api.LiveKitAPI
    met: list[str] = field(default_factory=list)
    said: Span = _NOTHING

    @property
    def desk(self) -> str:
        return self.met[-1]

    # --- talking

    async def is_greeted(self) -> None:
        self.met.append(await self.caller.hears(since_ms=0, limit_s=ANSWER_LIMIT_S))
        await self.listens()

    async def listens(self) -> None:
        """Waits until the agent has finished speaking."""
        await self.caller.hears_out(pause_s=PAUSE_S, limit_s=SPEECH_LIMIT_S)

    async def says(self, line: str) -> None:
        self.said = await self.caller.say(line, voice=QUICK)

    async def is_answered(self) -> None:
        """Waits for an answer of the agent that spoke last, to its end."""
        await self.caller.hears(self.desk, since_ms=self.said.end_ms, limit_s=ANSWER_LIMIT_S)
        await self.listens()

    async def is_told(self, words: str, *, hears_out: bool = True) -> None:
        """Waits until an agent has finished a line that contains these words."""

        async def look() -> bool:
            return any(words in turn.text for turn in await self.turns())

        await self._until(look, f"a line with: {words}")
        if hears_out:
            await self.listens()

    async def first_line(self, role: str) -> str:
        """Waits until this role's first line is in the transcript, which is after it was heard."""

        async def look() -> str | None:
            return next((turn.text for turn in await self.turns() if turn.speaker == role), None)

        return await self._until(look, f"a line of {role}")

    async def meets_another(self, *, hears_out: bool = True) -> str:
        """Waits for the voice of another agent and returns its identity."""
        self.met.append(await self.caller.hears(other_than=self.met, since_ms=0, limit_s=ROW_LIMIT_S))
        if hears_out:
            await self.listens()
        return self.desk

    def music_sounds(self) -> Sequence[Span]:
        return self.caller.sounds(music=True)

    def longest_silence(self) -> Span:
        """Returns the longest span without voice or music between an agent's first and last sound."""
        agents = self.caller.sounds()
        lanes = (self.caller.said_sounds(), agents, self.music_sounds())
        return longest_silence(lanes, since_ms=agents[0].start_ms, until_ms=agents[-1].end_ms)

    def silence_since(self, moment_ms: int) -> int:
        """Returns the longest silence from `moment_ms` until the last sound of an agent, in ms."""
        agents = self.caller.sounds()
        lanes = (self.caller.said_sounds(), agents, self.music_sounds())
        silent = longest_silence(lanes, since_ms=moment_ms, until_ms=agents[-1].end_ms)
        return silent.end_ms - silent.start_ms

    # --- what the store has

    async def call(self) -> Call:
        """Waits for the call's row."""
        return await self._until(self._call, "the call's row")

    async def handoffs(self) -> Sequence[Handoff]:
        """Returns the call's handoffs, oldest first."""
        call = await self.call()
        return sorted(await self.store.handoffs(call_id=call.id), key=lambda row: row.requested_at)

    async def handoff(self, *states: HandoffState, number: int = 1) -> Handoff:
        """Waits until the call's `number`-th handoff is in one of these states."""

        async def stands() -> Handoff | None:
            rows = await self.handoffs()
            return rows[number - 1] if len(rows) >= number and rows[number - 1].state in states else None

        return await self._until(stands, f"handoff {number} in {' or '.join(states)}")

    async def attempts(self, number: int = 1) -> Sequence[Attempt]:
        return await self.store.attempts((await self.handoffs())[number - 1].id)

    async def attempt(self, count: int) -> Attempt:
        """Waits until the first handoff's `count`-th attempt has begun."""

        async def begun() -> Attempt | None:
            rows = await self.attempts() if await self.handoffs() else ()
            return rows[count - 1] if len(rows) >= count else None

        return await self._until(begun, f"attempt {count}")

    async def turns(self) -> Sequence[Turn]:
        return await self.store.turns((await self.call()).id)

    async def events(self) -> Sequence[Event]:
        return await self.store.events(call_id=(await self.call()).id)

    async def ended(self) -> Call:
        async def is_over() -> Call | None:
            call = await self._call()
            return call if call and call.ended_at is not None else None

        return await self._until(is_over, "the call's end")

    # --- acts through the server

    async def dispatch(self, metadata: str) -> None:
        await dispatch(self.stack, self.api, self.room, metadata)

    async def put_out(self, identity: str) -> None:
        """Removes a participant from the room."""
        await self.api.room.remove_participant(api.RoomParticipantIdentity(room=self.room, identity=identity))

    # --- what the server reports

    async def agents(self) -> Sequence[str]:
        """Returns the identities of the agents in the room; none if the room no longer exists."""
        try:
            present = await self.api.room.list_participants(api.ListParticipantsRequest(room=self.room))
        except api.ServerError as error:
            if error.code != "not_found":
                raise
            return ()
        return [who.identity for who in present.participants if who.kind == api.ParticipantInfo.Kind.AGENT]

    async def only_the_holder_is_left(self) -> None:
        """Waits until the holder in the call's row is the only agent in the room."""

        async def look() -> bool:
            return list(await self.agents()) == [agent_identity((await self.call()).holder_job)]

        await self._until(look, "a room with its holder alone")

    async def no_agent_is_left(self, *, limit_s: float) -> None:
        async def empty() -> bool:
            return not await self.agents()

        await self._until(empty, "a room without agents", limit_s=limit_s)

    async def _call(self) -> Call | None:
        return next((call for call in await self.store.calls() if call.room == self.room), None)

    async def _until(
        self, look: Callable[[], Awaitable[T | None]], awaited: str, *, limit_s: float = ROW_LIMIT_S
    ) -> T:
        return await until(look, awaited, limit_s=limit_s)


@asynccontextmanager
async def conversation(
    stack: Stack,
    *,
    role: str | None = None,
    identity: str = "caller",
    attributes: Mapping[str, str] | None = None,
    baseline: BaselineJob | None = None,
) -> AsyncIterator[Conversation]:
    """Joins a caller, whom `role` answers, to a new room, and deletes the room at the end.

    With `baseline`, a benchmark's agent answers, and the store has no row of that call.
    """
    room = f"acceptance-{uuid4()}"
    token = caller_token(
        stack.livekit.api_key,
        stack.livekit.api_secret,
        room=room,
        identity=identity,
        agent_name=AGENT_NAME if baseline else stack.agent_name,
        metadata=(baseline or AnswerCall(role=role)).model_dump_json(),
        attributes=attributes,
        may_send_data=True,  # so that an RPC to the caller would arrive and be noticed
    )
    async with (
        api.LiveKitAPI(stack.livekit.url, stack.livekit.api_key, stack.livekit.api_secret) as livekit,
        open_store(stack.store, read_only=True) as store,
    ):
        try:
            async with Caller.join(stack.livekit.url, token) as caller:
                try:
                    yield Conversation(stack, room, caller, store, livekit)
                finally:
                    tell_of_call(stack, room, caller)
        finally:
            await _close(livekit, room)


async def dispatch(stack: Stack, livekit: api.LiveKitAPI, room: str, metadata: str) -> None:
    """Dispatches an agent into the room."""
    await livekit.agent_dispatch.create_dispatch(
        api.CreateAgentDispatchRequest(agent_name=stack.agent_name, room=room, metadata=metadata)
    )


async def _close(livekit: api.LiveKitAPI, room: str) -> None:
    """Deletes the room, so that the next call finds an idle worker."""
    try:
        await livekit.room.delete_room(api.DeleteRoomRequest(room=room))
    except api.ServerError as error:
        if error.code != "not_found" and "could not find object" not in error.message:  # Redis was emptied
            raise


async def until(look: Callable[[], Awaitable[T | None]], awaited: str, *, limit_s: float = ROW_LIMIT_S) -> T:
    """Polls `look` until it returns something true, and returns that. For state that emits no event."""
    try:
        async with asyncio.timeout(limit_s):
            while True:
                if seen := await look():
                    return seen
                await asyncio.sleep(_LOOK_S)
    except TimeoutError:
        raise AssertionError(f"not seen within {limit_s:g} s: {awaited}") from None
