"""Keeps the log's errors for what somebody must act on."""

from __future__ import annotations

import logging

from livekit.rtc.participant import PublishTrackError


class WithoutDepartures(logging.Filter):
    """LiveKit writes it as an error that a room was left while a session began there: that is a warning.

    Whoever has the call tells what it means for it. What else keeps a track from being published stays one.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, PublishTrackError) and error.message.endswith("engine is closed"):
            record.levelno, record.levelname = logging.WARNING, logging.getLevelName(logging.WARNING)
        return True


_DEPARTURES = WithoutDepartures()


def keep_noise_down() -> None:
    """For this process; once more does nothing."""
    logging.getLogger("livekit.agents").addFilter(_DEPARTURES)
