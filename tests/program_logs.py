"""What a failed test's programs logged during the test, to be shown with the failure.

A machine that reports only a test's output, such as CI's, keeps no log files.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

_MOST = 60
_OF_LIBRARIES = frozenset(["WARNING", "ERROR", "CRITICAL"])
_SHOWN = ("job", "job_id", "room", "call", "handoff", "target", "outcome", "reason", "why", "error")
"""Further fields that are shown if a line has them."""


def logged_since(folder: Path, began: float) -> Sequence[str]:
    """Returns the last lines that programs below `folder` logged, sorted by time.

    `began`: Unix time, s. Baton's lines are shown from INFO on, libraries' from WARNING on.
    """
    since = datetime.fromtimestamp(began, UTC)
    found = [line for log in folder.rglob("*.log") for line in _lines(log, since)]
    return [shown for _, shown in sorted(found)[-_MOST:]]


def _lines(log: Path, began: datetime) -> Iterator[tuple[datetime, str]]:
    for line in log.read_text(errors="replace").splitlines():
        try:
            entry = json.loads(line)
            at = datetime.fromisoformat(entry["timestamp"])
            library = str(entry["name"]).startswith(("livekit", "asyncio"))
            if at >= began and (not library or entry["level"] in _OF_LIBRARIES):
                yield at, _shown(log.stem, at, entry)
        except (ValueError, KeyError, TypeError):
            continue  # not a log line


def _shown(program: str, at: datetime, entry: dict[str, Any]) -> str:
    more = " ".join(f"{name}={entry[name]}" for name in _SHOWN if name in entry)
    return f"{at:%H:%M:%S.%f} {program} {entry['level']} {entry['name']}: {entry['message']} {more}"[:400]
