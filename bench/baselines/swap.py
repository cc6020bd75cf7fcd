"""The swap baseline: LiveKit's own `session.update_agent`, in one process, with the same lines and voices."""

from __future__ import annotations

import asyncio

from livekit.agents import Agent, AgentSession, AgentStateChangedEvent, JobContext

from agents.groq.tts.groq_tts import GroqTTS
from agents.process.process_context import ProcessContext
from agents.roster.checked import fill
from agents.roster.role import Role
from bench.baselines.marks import mark
from bench.baselines.plain import plain_session
from bench.baselines.protocol import INTRODUCED, OPENING, BaselineJob, Mark

_LIMIT_S = 60.0


class _Silent(Agent):
    def __init__(self, role: Role) -> None:
        super().__init__(instructions=role.instructions)


class _Opening(Agent):
    """Has its own voice, and says its line when the session changes to it."""

    def __init__(self, process: ProcessContext, role: Role, matter: str) -> None:
        super().__init__(
            instructions=role.instructions,
            tts=GroqTTS(process.groq, process.settings.groq, voice=role.voice),
        )
        self._line = role.opening_line(matter)

    async def on_enter(self) -> None:
        self.session.say(self._line)


async def swap_agents(ctx: JobContext, process: ProcessContext, job: BaselineJob) -> None:
    """Introduce the second agent, then change to it. Both use one track, so the job marks the change."""
    role, target = process.roster.role(job.role), process.roster.role(job.target)
    introduction = fill(role.spoken_lines.introduction, target=target.name, holder=role.name)
    session = plain_session(process, role)
    async with asyncio.timeout(_LIMIT_S):
        await session.start(_Silent(role), room=ctx.room)
        await ctx.wait_for_participant(identity=job.caller)
        await session.say(introduction)
        speaking = _next_speaking(session)
        session.update_agent(_Opening(process, target, job.matter))
        await mark(ctx, job, Mark(what=INTRODUCED))  # the swap has begun: sending the mark delays nothing
        await speaking.wait()
        await mark(ctx, job, Mark(what=OPENING))


def _next_speaking(session: AgentSession[None]) -> asyncio.Event:
    speaking = asyncio.Event()

    @session.on("agent_state_changed")
    def _on_state(event: AgentStateChangedEvent) -> None:
        if event.new_state == "speaking":
            speaking.set()

    return speaking
