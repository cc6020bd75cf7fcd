"""LiveKit's turn handling for our STT: when a caller's turn is over and what counts as a barge-in."""

from __future__ import annotations

from livekit.agents import TurnHandlingOptions

from agents.audio.vad import LEAST_SILENCE_S
from agents.turns.patience import PATIENCE
from settings import CallSettings

_STT_LEAD_S = 0.1
_UNLIMITED = 1_000


def turn_handling(call: CallSettings) -> TurnHandlingOptions:
    """Return the options for a session in which our STT ends turns, after a silence that it chooses.

    `agents.turns` chooses that silence. Our STT also pauses an agent that the caller talks over.
    The session's VAD must detect silence sooner than the STT, as it does with LiveKit's default of 0.25 s:
    the VAD allows the reply, and detects barge-in. Both run locally; LiveKit's defaults would use its cloud
    (livekit-facts).
    """
    shortest_s = PATIENCE[call.turn_taking].done_s
    return TurnHandlingOptions(
        turn_detection="vad",
        # A little shorter than the STT's shortest silence, so that the two delays do not add up. Not 0: the
        # caller must be silent for half of it before the agent may speak unasked.
        endpointing={
            "mode": "fixed",
            "min_delay": shortest_s - _STT_LEAD_S,
            "max_delay": shortest_s,
        },
        # An interrupted agent that does not yet know what was said resumes when a filler would be due: a
        # paused reply blocks fillers (agents/session/filler_output.py).
        interruption={
            "mode": "vad",
            # The caller's words during a handoff's lines are transcribed and passed on to the next agent.
            "discard_audio_if_uninterruptible": False,
            "min_duration": _UNLIMITED,  # our STT holds the agent, and knows a nod
            "false_interruption_timeout": max(0.0, call.patience_s - LEAST_SILENCE_S),
        },
        preemptive_generation={
            "enabled": True,
            "preemptive_tts": True,
            "max_speech_duration": call.longest_call_s,
            "max_retries": _UNLIMITED,  # a reply is prepared ahead only when the caller pauses
        },
    )
