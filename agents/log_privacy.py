"""Keeps callers out of the log: LiveKit marks the fields that name a person; none so marked is written."""

from __future__ import annotations

import logging

_MARK = "lk.pii."


class WithoutPersons(logging.Filter):
    """LiveKit drops these fields from its own exports, and writes them to the log."""

    def filter(self, record: logging.LogRecord) -> bool:
        for name in [name for name in vars(record) if name.startswith(_MARK)]:
            del vars(record)[name]
        return True


_FILTER = WithoutPersons()


def keep_persons_out() -> None:
    """For this process; once more does nothing. The identity of a SIP caller is a telephone number."""
    logging.getLogger("livekit.agents").addFilter(_FILTER)
