"""Makes and starts a role's AgentSession, in the same way for answering, taking over and recovering."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

from livekit import rtc
from livekit.agents import Agent, AgentSession, APIConnectOptions
from livekit.agents.voice.agent_session import SessionConnectOptions
from livekit.agents.voice.room_io import AudioInputOptions, AudioOutputOptions, RoomOptions

from agents.audio.vad import RATE, WINDOW_S
from agents.audio.voice_track import voice_options
from agents.groq.llm.groq_llm import GroqLLM
from agents.groq.stt.groq_stt import GroqSTT
from agents.groq.tts.groq_tts import GroqTTS
from agents.process.process_context import ProcessContext
from agents.roster.role import Role
from agents.session.barge_in_transcript import truncate_on_barge_in
from agents.session.filler_output import enable_fillers
from agents.session.resumable_output import make_resumable
from agents.session.spoken_floor import SpokenFloor
from agents.session.turn_taking import turn_handling
from agents.turns.expectation import Expects
from agents.turns.nods import Nods
from agents.turns.patience import NOT_ANSWERED, PATIENCE
from agents.turns.turn_judge import TurnJudge

# LiveKit's own retries are off: our adapters retry, and know which failures a retry can fix.
_NO_RETRY = APIConnectOptions(max_retry=0)
_LAST_WORDS_S = 0.8
"""How long a session that closes waits for its caller's last words, whether there are any or not.

LiveKit's default of 2 s would keep the process of a caller who has hung up for that long.
"""

_FRAME_MS = round(1000 * WINDOW_S)
"""A frame is one window of the VAD: LiveKit's default of 50 ms adds 20 ms to every turn, less costs more."""


@dataclass(frozen=True, slots=True)
class AudioInput:
    """How a session starts: whether it listens, and whether the caller's echo canceller has settled."""

    enabled: bool
    echo_settled: bool


ANSWERING = AudioInput(enabled=True, echo_settled=False)
TAKING_OVER = AudioInput(enabled=False, echo_settled=True)
RECOVERING = AudioInput(enabled=True, echo_settled=True)


def make_hearing(process: ProcessContext, role: Role, *, answered: bool = True) -> GroqSTT:
    """Make the STT for one person's voice. `answered`: whether an agent waits for the end of each turn."""
    settings = process.settings
    patience = PATIENCE[settings.call.turn_taking] if answered else NOT_ANSWERED
    return GroqSTT(
        process.groq,
        settings.groq,
        settings.call,
        breaker=process.breaker,
        known=process.roster.known_words,
        language=role.language,
        turn_model=process.turn_model if answered else None,
        chat_model=role.model,
        judge=TurnJudge(patience, Nods.of(process.roster.house.nods)),
    )


def make_session(process: ProcessContext, role: Role, audio_input: AudioInput) -> AgentSession[Any]:
    """Make a session with the role's model and voice. Failing models never close it.

    `agents.call.open_call` sets its `userdata` to the ActiveCall that it serves.
    """
    settings, breaker = process.settings, process.breaker
    hearing = make_hearing(process, role)
    session: AgentSession[Any] = AgentSession(
        stt=hearing,
        llm=GroqLLM(
            process.groq, settings.groq, model=role.model, temperature=role.temperature, breaker=breaker
        ),
        tts=GroqTTS(process.groq, settings.groq, voice=role.voice, breaker=breaker, spare=True),
        vad=hearing.vad,
        turn_handling=turn_handling(settings.call),
        user_away_timeout=role.silence_ask_s or settings.call.silence_ask_s,
        aec_warmup_duration=None if audio_input.echo_settled else 3.0,
        session_close_transcript_timeout=_LAST_WORDS_S,
        conn_options=SessionConnectOptions(
            stt_conn_options=_NO_RETRY,
            llm_conn_options=_NO_RETRY,
            tts_conn_options=_NO_RETRY,
            # By default the 4th error in a row closes the session, which leaves the caller in silence.
            max_unrecoverable_errors=sys.maxsize,
        ),
    )
    if not audio_input.enabled:
        session.input.set_audio_enabled(False)
    return session


def refuse_video(room: rtc.Room) -> None:
    """Unsubscribe from video, which nobody here sees. Subscribing to sound is left to LiveKit.

    `AutoSubscribe.AUDIO_ONLY` would request each audio track itself, and hear the caller a round trip later.
    """

    def refuse(publication: rtc.RemoteTrackPublication, _: rtc.RemoteParticipant) -> None:
        if publication.kind == rtc.TrackKind.KIND_VIDEO:
            publication.set_subscribed(False)

    room.on("track_published", refuse)
    for participant in room.remote_participants.values():
        for publication in participant.track_publications.values():
            refuse(publication, participant)


async def start_session(
    session: AgentSession[Any], agent: Agent, room: rtc.Room, caller: str, *, expects: Expects | None = None
) -> None:
    """Start the session for this caller only, without the text and data channels that LiveKit opens.

    `expects`: what the agent's first words ask for.
    """
    refuse_video(room)
    await session.start(
        agent,
        room=room,
        room_options=RoomOptions(
            participant_identity=caller,
            audio_input=AudioInputOptions(
                sample_rate=RATE,
                frame_size_ms=_FRAME_MS,
                auto_gain_control=False,  # soft callers are heard without it, and it lifts noise too
                pre_connect_audio=False,
            ),
            audio_output=AudioOutputOptions(track_publish_options=voice_options()),
            text_input=False,
            text_output=False,
            close_on_disconnect=False,
        ),
        session_host=False,
        record=False,
    )
    output = make_resumable(session, session.room_io.subscribed_fut)
    enable_fillers(session)
    playback = truncate_on_barge_in(session)
    if isinstance(session.stt, GroqSTT):
        session.stt.own_speech = playback.own_speech
        session.stt.judge.floor = SpokenFloor(session, output, playback, expects)
