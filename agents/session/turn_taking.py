"""When a caller's turn is over, and how breaking in is noticed: LiveKit's turn handling for our hearing."""

from __future__ import annotations

from livekit.agents import TurnHandlingOptions

from settings import CallSettings

_HEARING_DECIDES_S = 0.1
_ALWAYS = 1_000

_NOTICED_LATE_S = 0.25
"""LiveKit's VAD says that a caller is silent after so many seconds of silence."""


def turn_handling(call: CallSettings) -> TurnHandlingOptions:
    """Our hearing says when a turn is over: its final words come after `end_of_turn_s` of silence.

    The session's VAD must find silence sooner than that (LiveKit's default of 0.25 s does): it lets a turn be
    answered, and notices callers who break in. Both detectors are the local ones: LiveKit's defaults would
    reach for its cloud (livekit-facts).
    """
    return TurnHandlingOptions(
        turn_detection="vad",
        # A little shorter than our own silence, so that the two clocks do not add up. Not 0: half of it is
        # how long a caller must be silent before the agent says something that was not asked for.
        endpointing={
            "mode": "fixed",
            "min_delay": max(0.0, call.end_of_turn_s - _HEARING_DECIDES_S),
            "max_delay": call.end_of_turn_s,
        },
        # An agent that was talked over and does not know yet what was said goes on when a caller's patience
        # ends: while it is held back, no other word can be put in (agents/session/filler_output.py).
        interruption={
            "mode": "vad",
            "false_interruption_timeout": max(0.0, call.patience_s - _NOTICED_LATE_S),
        },
        preemptive_generation={
            "enabled": True,
            "preemptive_tts": True,
            "max_speech_duration": call.longest_call_s,
            "max_retries": _ALWAYS,  # a guess is made only where the caller pauses for longer than it takes
        },
    )
