"""A role's AgentSession in a room: the same for an agent that answers and for one that takes over."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from livekit import rtc
from livekit.agents import Agent, AgentSession, APIConnectOptions
from livekit.agents.voice.agent_session import SessionConnectOptions
from livekit.agents.voice.room_io import AudioInputOptions, RoomOptions

from agents.groq.llm.groq_llm import GroqLLM
from agents.groq.stt.groq_stt import GroqSTT
from agents.groq.tts.groq_tts import GroqTTS
from agents.process.process_context import ProcessContext
from agents.roster.role import Role
from agents.session.barge_in_transcript import truncate_on_barge_in
from agents.session.filler_output import enable_fillers
from agents.session.turn_taking import turn_handling

# Our adapters try again by themselves, and know when a retry is of use; LiveKit's retries stay out of it.
_ONCE = APIConnectOptions(max_retry=0)
_FRAME_MS = 20  # LiveKit's default of 50 ms is 30 ms of waiting in every turn


@dataclass(frozen=True, slots=True)
class Ears:
    """How a session starts: whether it listens, and whether the caller's echo canceller has settled."""

    open: bool
    echo_settled: bool


ANSWERING = Ears(open=True, echo_settled=False)
TAKING_OVER = Ears(open=False, echo_settled=True)
GOING_ON = Ears(open=True, echo_settled=True)


def make_session(warm: ProcessContext, role: Role, ears: Ears) -> AgentSession[None]:
    """A session with the role's model and voice; it never closes itself because a model failed."""
    settings, breaker = warm.settings, warm.breaker
    session: AgentSession[None] = AgentSession(
        stt=GroqSTT(warm.groq, settings.groq, settings.call, vad=warm.vad, breaker=breaker),
        llm=GroqLLM(
            warm.groq, settings.groq, model=role.model, temperature=role.temperature, breaker=breaker
        ),
        tts=GroqTTS(warm.groq, settings.groq, voice=role.voice, breaker=breaker),
        vad=warm.vad,
        turn_handling=turn_handling(settings.call),
        user_away_timeout=settings.call.silence_ask_s,
        aec_warmup_duration=None if ears.echo_settled else 3.0,
        conn_options=SessionConnectOptions(
            stt_conn_options=_ONCE,
            llm_conn_options=_ONCE,
            tts_conn_options=_ONCE,
            # The 4th error in a row would close the session and leave the caller in silence.
            max_unrecoverable_errors=sys.maxsize,
        ),
    )
    if not ears.open:
        session.input.set_audio_enabled(False)
    return session


async def start_session(session: AgentSession[None], agent: Agent, room: rtc.Room, caller: str) -> None:
    """Start it for this caller alone, and without the channels LiveKit opens to everyone in the room."""
    await session.start(
        agent,
        room=room,
        room_options=RoomOptions(
            participant_identity=caller,
            audio_input=AudioInputOptions(frame_size_ms=_FRAME_MS, pre_connect_audio=False),
            text_input=False,
            text_output=False,
            close_on_disconnect=False,
        ),
        session_host=False,
        record=False,
    )
    enable_fillers(session)
    truncate_on_barge_in(session)
