"""Limits each operator's requests, so that no program slows the service down for everybody else."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from operators.refused import Refused
from settings import AccessSettings, env_name
from transfer.ports import Clock

MINUTE_MS = 60_000


@dataclass(slots=True)
class _Minute:
    begun_at: int
    counts: dict[str, int] = field(default_factory=dict)


class Limits:
    """Counts per operator, across all their sessions and pages. Requests and acts are counted per minute."""

    def __init__(self, settings: AccessSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._minutes: dict[str, _Minute] = {}
        self._open: dict[tuple[str, str], int] = {}

    def count(self, name: str, what: str) -> dict[str, str]:
        """Count one of `what` (requests, acts). Return headers that say what is left. Raises: Refused."""
        field, most = f"{what}_per_minute", self._most(f"{what}_per_minute")
        now = self._clock.now_ms()
        minute = self._minutes.get(name)
        if minute is None or now - minute.begun_at >= MINUTE_MS:
            minute = self._minutes[name] = _Minute(now)
        used = minute.counts[what] = minute.counts.get(what, 0) + 1
        wait_s = max(1, math.ceil((minute.begun_at + MINUTE_MS - now) / 1000))
        told = _headers(what, most, max(0, most - used), wait_s)
        if used > most:
            raise _reached(field, f"{most} {what} a minute", {**told, "Retry-After": str(wait_s)}, most)
        return told

    def take(self, name: str, what: str) -> Callable[[], None]:
        """Begin one of `what` (streams, exports). Call the returned function at its end. Raises: Refused."""
        field, most, key = f"{what}_at_once", self._most(f"{what}_at_once"), (name, what)
        if self._open.get(key, 0) >= most:
            told = {**_headers(what, most, 0, 1), "Retry-After": "1"}
            raise _reached(field, f"{most} {what} at once", told, most)
        self._open[key] = self._open.get(key, 0) + 1
        is_open = True

        def end() -> None:
            nonlocal is_open
            if is_open:
                is_open = False
                self._open[key] -= 1
                if not self._open[key]:
                    del self._open[key]

        return end

    def _most(self, field: str) -> int:
        return int(getattr(self._settings, field))


def _headers(what: str, most: int, left: int, wait_s: int) -> dict[str, str]:
    """Return the headers of the IETF draft "RateLimit header fields for HTTP"."""
    window = ";w=60" if what in {"requests", "acts"} else ""
    return {"RateLimit-Policy": f'"{what}";q={most}{window}', "RateLimit": f'"{what}";r={left};t={wait_s}'}


def _reached(field: str, words: str, headers: dict[str, str], most: int) -> Refused:
    setting = env_name(AccessSettings, field)
    detail = f"one operator may have {words} ({setting}={most}); try again later, or raise the setting"
    return Refused("limit-reached", detail, headers=headers, limit=setting, most=most)
