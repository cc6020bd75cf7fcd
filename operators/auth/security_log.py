"""The security log: one JSON object per line, on a separate logger. Without words, tokens and secrets."""

from __future__ import annotations

import json
import logging
import os
import sys
from collections import OrderedDict
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from io import TextIOWrapper
from logging.handlers import WatchedFileHandler
from pathlib import Path
from typing import Literal

from errors import BadInput
from transfer.ports import Clock

LOGGER = "baton.security"
SETTING = "BATON_ACCESS_LOG"

_SAME_FOR_MS = 600_000
"""A page reads a call again at each event of the call. Within this time, that counts as one reading."""
_REMEMBERED = 10_000

_log = logging.getLogger(LOGGER)


class Happened(StrEnum):
    """The kinds of events in the log."""

    SIGN_IN = "sign-in"
    SIGN_OUT = "sign-out"
    SESSION_ENDED = "session-ended"  # by somebody on the command line
    REFUSAL = "refusal"
    GUESS = "guess"  # a token or a session that is not known
    RIGHTS = "rights"  # an operator was added, renewed or revoked
    TRANSCRIPT_READ = "transcript-read"
    RECORDING_PLAYED = "recording-played"
    EXPORT = "export"
    LISTENING = "listening"
    ERASURE = "erasure"


class SecurityLog:
    """Made once per process."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._read: OrderedDict[tuple[str, str], int] = OrderedDict()

    def tell(self, happened: Happened, by: str, **facts: str | int | None) -> None:
        """Write an event. `by`: an operator's name, or "cli:" and a user of this system; empty if unknown."""
        at = datetime.fromtimestamp(self._clock.now_ms() / 1000, UTC).isoformat(timespec="milliseconds")
        known = {name: value for name, value in facts.items() if value is not None}
        _log.info("%s", json.dumps({"at": at, "event": happened, "by": by, **known}))

    def reads(self, by: str, key: str, **subject: str) -> None:
        """Log that `by` reads a transcript. `key`: their token's or session's; repeats are not logged."""
        self._tell_once(Happened.TRANSCRIPT_READ, by, key, subject)

    def plays(self, by: str, key: str, **subject: str) -> None:
        """Log that `by` plays a recording, once although a page requests each track, and parts of it."""
        self._tell_once(Happened.RECORDING_PLAYED, by, key, subject)

    def _tell_once(self, happened: Happened, by: str, key: str, subject: Mapping[str, str]) -> None:
        seen, now = (key, happened, *subject.values()), self._clock.now_ms()
        before = self._read.get((seen[0], " ".join(seen[1:])))
        if before is not None and now - before < _SAME_FOR_MS:
            return
        self._read[seen[0], " ".join(seen[1:])] = now
        if len(self._read) > _REMEMBERED:
            self._read.popitem(last=False)
        self.tell(happened, by, **subject)


class _Private(WatchedFileHandler):
    """A file that only this user can read. If logrotate moves it away, a new one is created."""

    def _open(self) -> TextIOWrapper:
        mode: Literal["a"] = "a"
        return open(self.baseFilename, mode, encoding="utf-8", opener=_for_us_alone)


def _for_us_alone(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def open_security_log(path: Path | None, *, to_stderr: bool) -> None:
    """Send the log to this file. Without one, to stderr if `to_stderr`, else nowhere. Raises: BadInput."""
    handler: logging.Handler = logging.NullHandler()
    if path is not None:
        check_private(path)
        try:
            handler = _Private(path)
        except OSError as error:
            wrong = f"{path} cannot be written ({error.strerror})"
            raise BadInput(SETTING, wrong, "name a file in a folder that this user may write") from error
    elif to_stderr:
        handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(message)s"))
    for before in list(_log.handlers):
        _log.removeHandler(before)
        before.close()
    _log.addHandler(handler)
    _log.setLevel(logging.INFO)
    _log.propagate = False


def check_private(path: Path) -> None:
    """Check that only this user may read the file. Raises: BadInput."""
    try:
        mode = path.stat().st_mode & 0o777
    except OSError:
        return  # the file will be created
    if mode & 0o077:
        raise BadInput(SETTING, f"{path} has mode {mode:04o}: others may read it", f"chmod 600 {path}")
