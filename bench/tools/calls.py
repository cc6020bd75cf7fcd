"""A caller who talks with one of the benchmark's roles, and what was heard and stored meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from bench.soak.environment import Environment
from local.caller.caller import Caller
from local.caller.token import caller_token
from local.measure.lanes import Span, longest_silence
from persistence.records import Call, ToolUse
from transfer.protocol import AnswerCall

GREETING_S = 25.0
SPEECH_S = 40.0
_TURN_S = 1.0  # of silence, after which it is the caller's turn: a line's own pauses are shorter
_ASKS_AGAIN_S = 4.0  # of silence, after which a caller who was not answered asks again
_ASKS_AT_MOST = 5
_LOOK_S = 0.05


@dataclass(frozen=True, slots=True)
class Bench:
    """The stack, and the ledger of what the tools did."""

    env: Environment
    ledger: Path


@dataclass(slots=True)
class Talk:
    """A call under way. `met`: the agents heard, in order."""

    bench: Bench
    room: str
    caller: Caller
    met: list[str] = field(default_factory=list)

    async def is_greeted(self) -> None:
        """Hear the greeting to its end. Raises: TimeoutError."""
        self.met.append(await self.caller.hears(since_ms=0, limit_s=GREETING_S))
        await self.listens()

    async def listens(self) -> None:
        await self.caller.hears_out(pause_s=_TURN_S, limit_s=SPEECH_S)

    async def says(self, line: str) -> Span:
        return await self.caller.say(line)

    async def asks(self, line: str, answered: Callable[[], Awaitable[bool]]) -> None:
        """Say the line; if nobody speaks and it is not answered, say it again, as a person would.

        Raises: TimeoutError.
        """
        for _ in range(_ASKS_AT_MOST):
            await self.says(line)
            quiet = asyncio.create_task(self._is_quiet())
            try:
                while not quiet.done():
                    if await answered():
                        return
                    await asyncio.sleep(_LOOK_S)
                await quiet
            finally:
                quiet.cancel()
        raise TimeoutError(f"“{line}” was not answered")

    async def _is_quiet(self) -> None:
        await asyncio.sleep(_ASKS_AGAIN_S)
        await self.caller.hears_out(pause_s=_ASKS_AGAIN_S, limit_s=SPEECH_S)

    async def times_heard(self, words: str) -> int:
        """Return how often an agent has said this, from the transcript of what was heard."""
        turns = await self.bench.env.store.turns((await self.call()).id)
        return sum(words in turn.text for turn in turns)

    async def meets_another(self) -> None:
        """Hear another agent's first words to their end. Raises: TimeoutError."""
        self.met.append(await self.caller.hears(other_than=self.met, since_ms=0, limit_s=GREETING_S))
        await self.listens()

    async def call(self) -> Call:
        """Return the call's row. Raises: LookupError."""
        found = await self.bench.env.call_in(self.room)
        if found is None:
            raise LookupError("the call has no row")
        return found

    async def uses(self) -> list[ToolUse]:
        return list(await self.bench.env.store.tool_uses((await self.call()).id))

    def silence_ms(self, since_ms: int, until_ms: int) -> int:
        """Return the longest time between these, in ms, in which the caller heard and said nothing."""
        lanes = (self.caller.said_sounds(), self.caller.sounds(), self.caller.sounds(music=True))
        silent = longest_silence(lanes, since_ms=since_ms, until_ms=until_ms)
        return silent.end_ms - silent.start_ms


@asynccontextmanager
async def talk_with(bench: Bench, role: str) -> AsyncIterator[Talk]:
    """Put a caller in a new room, which the role answers. The room is closed at the end."""
    env, room = bench.env, f"tools-{uuid4()}"
    livekit = env.stack.livekit
    token = caller_token(
        livekit.api_key,
        livekit.api_secret,
        room=room,
        agent_name=env.stack.agent_name,
        metadata=AnswerCall(role=role).model_dump_json(),
    )
    try:
        async with Caller.join(livekit.url, token) as caller:
            yield Talk(bench, room, caller)
    finally:
        await env.close(room)
