"""A caller in a call with one side's agent, and what was said when."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.baselines.calling import baseline_call
from bench.support.dialogue import ANSWER_LIMIT_S, SPEECH_LIMIT_S, hear_greeting
from bench.support.environment import Environment, new_room
from bench.turns.cases import ASK_FOR_READING, Line
from bench.turns.scoring import LOUD
from bench.turns.voices import Voice
from local.caller.caller import Caller
from local.caller.tape import RATE_HZ
from local.measure.lanes import Span, spans
from local.measure.recording import write_call
from persistence.records import Turn

_LEAD_S = 0.3  # of a voice's noise before its line
_TURN_S = 0.7  # of silence, after which it is the caller's turn
_EARLIER_MS = 1_500
_SOUNDS_S = 0.3  # an agent that sounded this recently is speaking


@dataclass
class Talk:
    """A call in progress. Its audio and turns are read when it is over."""

    caller: Caller
    agent: str
    room: str
    _noise_of: Voice | None = field(default=None)

    async def say(self, line: Line) -> Span:
        """Say a line, in its voice's noise. Returns when it sounded."""
        samples = await asyncio.to_thread(line.voice.say, line.parts, line.pause_s)
        if self._noise_of is not line.voice:
            self._noise_of = line.voice
            self.caller.surround_with(line.voice.noise())
            await asyncio.sleep(_LEAD_S)
        return await self.caller.play(samples)

    async def hear_answer(self, after: Span) -> None:
        """Wait for the agent's voice after this, and until it falls silent. Raises: TimeoutError."""
        await self.caller.hears(self.agent, since_ms=after.end_ms, limit_s=ANSWER_LIMIT_S)
        await self.hear_out()

    async def hear_out(self, pause_s: float = _TURN_S) -> None:
        await self.caller.hears_out(self.agent, pause_s=pause_s, limit_s=SPEECH_LIMIT_S)

    async def ask_for_reading(self, voice: Voice) -> tuple[Span, float]:
        """Ask for the reading. Returns the question, and when the reading began on the loop's clock."""
        asked = await self.say(Line((ASK_FOR_READING,), voice))
        await self.caller.hears(self.agent, since_ms=asked.end_ms, limit_s=ANSWER_LIMIT_S)
        return asked, asyncio.get_running_loop().time()

    def speaks(self) -> bool:
        """Whether the agent's voice sounds now."""
        loud_s = max((t.loud_s or 0.0 for t in self.caller.tracks if t.identity == self.agent), default=0.0)
        return self.caller.now_ms / 1000 - loud_s < _SOUNDS_S

    def sounds(self, identity: str | None = None) -> Sequence[Span]:
        """Return when the agent's voice sounded, to 10 ms."""
        return spans(self.caller.audio(identity or self.agent), RATE_HZ, loud=LOUD, join_ms=0)

    def record(self, path: Path) -> None:
        """Write what both sides said: the caller on the left, without the noise."""
        write_call(path, caller=self.caller.said(), heard=self.caller.audio())

    async def turns(self, env: Environment) -> list[tuple[int, Turn]]:
        """The call's turns in the store, with their start on the caller's clock."""
        found = await env.store.turns(await env.call_in(self.room))
        return [(turn.started_at - self.caller.zero_at, turn) for turn in found]


def between(turns: Sequence[tuple[int, Turn]], since_ms: int, until_ms: int) -> list[Turn]:
    """Return the turns that started in this time. The store has a turn's start up to 1.5 s too early."""
    return [turn for at, turn in turns if since_ms - _EARLIER_MS <= at < until_ms - _EARLIER_MS]


@asynccontextmanager
async def talk_with(env: Environment, side: str) -> AsyncIterator[Talk]:
    """Yield a call to "Baton" or to "AgentSession", after its greeting."""
    room = new_room(side.lower())
    calling = env.call(room, env.agent_name) if side == "Baton" else baseline_call(env, "plain")
    async with calling as caller:
        yield Talk(caller, await hear_greeting(caller), room)
