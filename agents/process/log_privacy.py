"""Keeps people out of the log: fields that LiveKit marks as naming a person, and what strangers send."""

from __future__ import annotations

import logging

_MARK = "lk.pii."


class WithoutPersons(logging.Filter):
    """LiveKit drops these fields from its own exports, and writes them to the log."""

    def filter(self, record: logging.LogRecord) -> bool:
        for name in [name for name in vars(record) if name.startswith(_MARK)]:
            del vars(record)[name]
        return True


class WithoutStreams(logging.Filter):
    """LiveKit's library writes the topic of each stream that nobody waits for: strangers' words."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not str(record.msg).startswith(("ignoring text stream", "ignoring byte stream"))


_PERSONS, _STREAMS = WithoutPersons(), WithoutStreams()


def keep_persons_out() -> None:
    """For this process; once more does nothing. The identity of a SIP caller is a telephone number."""
    logging.getLogger("livekit.agents").addFilter(_PERSONS)
    logging.getLogger().addFilter(_STREAMS)
