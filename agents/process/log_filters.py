"""Log filters for a job process: keep personal data out, and keep errors for what needs action."""

from __future__ import annotations

import hashlib
import hmac
import logging

from livekit.rtc.participant import PublishTrackError

from errors import BadInput

_HIDDEN = "~"
_HASH_LETTERS = 10
_PERSONAL_PREFIX = "lk.pii."


class RemovePersonalFields(logging.Filter):
    """Removes fields that LiveKit marks as personal: it only drops them from its exports, not the log."""

    def filter(self, record: logging.LogRecord) -> bool:
        for name in [name for name in vars(record) if name.startswith(_PERSONAL_PREFIX)]:
            del vars(record)[name]
        return True


class DropIgnoredStreams(logging.Filter):
    """Drops the SDK's record of a stream without a handler: a stranger chooses the topic in it."""

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


class HideNames(logging.Filter):
    """Writes a short keyed hash in place of rooms' and participants' names, in LiveKit's records and in ours.

    The names of rooms and callers by telephone contain numbers. A name has the same hash in every log of a
    deployment, so that the lines about one room can still be found.
    """

    FIELDS = ("room", "participant", "participant_identity", "identity")

    def __init__(self, key: str) -> None:
        super().__init__()
        self._key = key.encode()

    def filter(self, record: logging.LogRecord) -> bool:
        for name in self.FIELDS:
            value = vars(record).get(name)
            if isinstance(value, str) and value and not value.startswith(_HIDDEN):
                setattr(record, name, self.hidden(value))
        return True

    def hidden(self, name: str) -> str:
        return _HIDDEN + hmac.new(self._key, name.encode(), hashlib.sha256).hexdigest()[:_HASH_LETTERS]


def hide_names_in_logs(key: str) -> None:
    """Hide names in all that this process logs, also for its jobs. Call it once the log is set up."""
    hide = HideNames(key)
    for handler in logging.getLogger().handlers:
        handler.addFilter(hide)


def check_log_level() -> None:
    """Refuse a level below INFO: LiveKit's DEBUG records hold what callers say. Raises: BadInput."""
    if logging.getLogger().getEffectiveLevel() < logging.INFO:
        wrong = "a level below INFO writes what callers say into the log"
        raise BadInput("--log-level", wrong, "start it with --log-level info, or leave it out")


_PERSONAL, _STREAMS, _CLOSED_ROOM = RemovePersonalFields(), DropIgnoredStreams(), DowngradeClosedRoom()


def install_log_filters() -> None:
    """Install the filters in this process. Idempotent. A SIP caller's identity is a telephone number."""
    logging.getLogger("livekit.agents").addFilter(_PERSONAL)
    logging.getLogger("livekit.agents").addFilter(_CLOSED_ROOM)
    logging.getLogger().addFilter(_STREAMS)
