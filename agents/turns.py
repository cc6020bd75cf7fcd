"""When a caller's turn is over, and how their breaking in is noticed: LiveKit's turn handling, set for our hearing."""

from __future__ import annotations

from livekit.agents import TurnHandlingOptions

from settings import CallSettings


def turn_handling(call: CallSettings) -> TurnHandlingOptions:
    """Our hearing decides when a turn is over; LiveKit prepares the reply early, and lets callers break in.

    Both detectors are the local ones: LiveKit's defaults would reach for its cloud (livekit-facts).
    """
    return TurnHandlingOptions(
        turn_detection="vad",
        # The final transcript comes only after `end_of_turn_s` of silence; nothing more is waited for.
        endpointing={"mode": "fixed", "min_delay": 0.0, "max_delay": call.end_of_turn_s},
        interruption={"mode": "vad"},
        preemptive_generation={
            "enabled": True,
            "preemptive_tts": True,
            "max_speech_duration": 60.0,
            "max_retries": 100,
        },
    )
