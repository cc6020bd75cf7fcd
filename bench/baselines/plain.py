"""The plain baseline: LiveKit's AgentSession with its defaults, and the same adapters and lines."""

from __future__ import annotations

from livekit.agents import Agent, AgentSession, JobContext, inference, stt

from agents.groq.llm.groq_llm import GroqLLM
from agents.groq.stt.groq_stt import GroqSTT
from agents.groq.tts.groq_tts import GroqTTS
from agents.process.process_context import ProcessContext
from agents.roster.role import Role
from bench.baselines.marks import mark
from bench.baselines.protocol import WAITS, BaselineJob, Mark


async def answer_plainly(ctx: JobContext, process: ProcessContext, job: BaselineJob) -> None:
    """Start LiveKit's session with every default: turn detector, VAD, endpointing, preemption, room options.

    Speech to text goes request by request through LiveKit's StreamAdapter, as LiveKit does it for every model
    that cannot stream, such as its own plugin for Groq.
    """
    role = process.roster.role(job.role)
    session = plain_session(process, role)
    await session.start(_Greeting(role), room=ctx.room)
    if (greeting := session.current_speech) is not None:
        await greeting
    await mark(ctx, job, Mark(what=WAITS, ms=round(session.options.endpointing["max_delay"] * 1000)))


def plain_session(process: ProcessContext, role: Role) -> AgentSession[None]:
    """A session with LiveKit's defaults and the role's voice."""
    settings = process.settings
    hearing = GroqSTT(process.groq, settings.groq, settings.call)
    return AgentSession(
        stt=stt.StreamAdapter(stt=hearing, vad=inference.VAD(model="silero")),
        llm=GroqLLM(process.groq, settings.groq, model=role.model, temperature=role.temperature),
        tts=GroqTTS(process.groq, settings.groq, voice=role.voice),
    )


class _Greeting(Agent):
    def __init__(self, role: Role) -> None:
        super().__init__(instructions=role.instructions)
        self._line = role.greeting

    async def on_enter(self) -> None:
        self.session.say(self._line)
