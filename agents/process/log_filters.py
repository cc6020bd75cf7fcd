"""Log filters for a job process: keep personal data out, and keep errors for what needs action."""

from __future__ import annotations

import logging

from livekit.rtc.participant import PublishTrackError

_PERSONAL_PREFIX = "lk.pii."


class RemovePersonalFields(logging.Filter):
    """LiveKit drops the fields it marks as personal from its own exports, but not from the log."""

    def filter(self, record: logging.LogRecord) -> bool:
        for name in [name for name in vars(record) if name.startswith(_PERSONAL_PREFIX)]:
            del vars(record)[name]
        return True


class DropIgnoredStreams(logging.Filter):
    """LiveKit's SDK logs the topic of every stream that has no handler: a stranger chooses those words."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not str(record.msg).startswith(("ignoring text stream", "ignoring byte stream"))


class DowngradeClosedRoom(logging.Filter):
    """LiveKit logs an error when a room closes while a session is starting; this makes it a warning.

    The call's owner reports what it means for the call. Any other failure to publish a track stays an error.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, PublishTrackError) and error.message.endswith("engine is closed"):
            record.levelno, record.levelname = logging.WARNING, logging.getLevelName(logging.WARNING)
        return True


_PERSONAL, _STREAMS, _CLOSED_ROOM = RemovePersonalFields(), DropIgnoredStreams(), DowngradeClosedRoom()


def install_log_filters() -> None:
    """Install the filters in this process. Idempotent. A SIP caller's identity is a telephone number."""
    logging.getLogger("livekit.agents").addFilter(_PERSONAL)
    logging.getLogger("livekit.agents").addFilter(_CLOSED_ROOM)
    logging.getLogger().addFilter(_STREAMS)
