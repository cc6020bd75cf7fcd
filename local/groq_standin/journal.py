"""The stand-in's request log: counts and metadata, never words or audio."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field

from local.groq_standin.faults import Endpoint

log = logging.getLogger(__name__)

_KEPT = 500


@dataclass(slots=True)
class Entry:
    """One request. `details` has the endpoint's figures (counts, names of tools, limits), and no words."""

    endpoint: Endpoint
    model: str = ""
    status: int = 0  # 0 while in progress
    fault: str | None = None
    aborted: bool = False  # the client disconnected before the end
    first_byte_ms: float | None = None
    total_ms: float | None = None
    details: dict[str, object] = field(default_factory=dict)
    started: float = field(default_factory=time.perf_counter, repr=False)

    def answered(self, status: int) -> None:
        """Record the status and the time of the first byte."""
        self.status = status
        self.first_byte_ms = self._ms()

    def done(self) -> None:
        self.total_ms = self._ms()

    def _ms(self) -> float:
        return round((time.perf_counter() - self.started) * 1000, 1)

    def public(self) -> dict[str, object]:
        return {name: value for name, value in asdict(self).items() if name != "started"}


@dataclass(slots=True)
class Counts:
    """One endpoint's requests so far."""

    requests: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    aborted: int = 0
    under_way: int = 0
    peak: int = 0  # the most concurrent requests
    last: Entry | None = None

    def public(self) -> dict[str, object]:
        return {
            "requests": self.requests,
            "statuses": {str(status): count for status, count in self.statuses.items()},
            "faults": dict(self.faults),
            "aborted": self.aborted,
            "under_way": self.under_way,
            "peak": self.peak,
            "last": self.last.public() if self.last else None,
        }


class Journal:
    """Logs every request, from its arrival to its last byte."""

    def __init__(self) -> None:
        self.changed = asyncio.Event()  # set when a request starts or ends, then replaced by a new one
        self.reset()

    def reset(self) -> None:
        """Forget all requests, including those in progress."""
        self.counts: dict[Endpoint, Counts] = {
            "chat": Counts(),
            "transcriptions": Counts(),
            "speech": Counts(),
            "models": Counts(),
        }
        self.entries: deque[Entry] = deque(maxlen=_KEPT)

    @contextmanager
    def request(self, endpoint: Endpoint) -> Iterator[Entry]:
        """Count a request as in progress until the block ends; a cancelled block is an aborted request."""
        entry, counts = Entry(endpoint), self.counts[endpoint]
        counts.requests += 1
        counts.under_way += 1
        counts.peak = max(counts.peak, counts.under_way)
        counts.last = entry
        self.entries.append(entry)
        self._tell()
        try:
            yield entry
        except (asyncio.CancelledError, ConnectionError):
            entry.aborted = True
            counts.aborted += 1
            raise
        finally:
            entry.done()
            counts.under_way -= 1
            counts.statuses[entry.status] += 1
            if entry.fault:
                counts.faults[entry.fault] += 1
            log.info("request %s", entry)
            self._tell()

    def _tell(self) -> None:
        self.changed.set()
        self.changed = asyncio.Event()

    def public(self) -> dict[str, object]:
        """The body of `GET /control/requests`."""
        return {
            "endpoints": {name: counts.public() for name, counts in self.counts.items()},
            "log": [entry.public() for entry in self.entries],
        }
