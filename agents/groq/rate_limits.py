"""Reads an account's limits from the headers of Groq's responses. Pure, except for the hook in `LimitsSeen`.

Source: console.groq.com/docs/rate-limits. `requests` are always per day, `tokens` per minute; Whisper has
`audio-seconds` per hour instead of tokens. No header gives requests per minute or tokens per day.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import httpx

_LENGTH = re.compile(r"(?:(\d+)h)?(?:(\d+)m(?!s))?(?:([\d.]+)s)?(?:([\d.]+)ms)?")
_KINDS = ("requests", "tokens", "audio-seconds")


@dataclass(frozen=True, slots=True)
class Left:
    """One limit: what may be spent in its window, what is left, and in how many seconds all of it is free."""

    limit: int
    left: int
    reset_s: float


def limits_in(headers: Mapping[str, str]) -> dict[str, Left]:
    """Return the limits in a response's headers, by kind: requests, tokens, audio-seconds."""
    found = {}
    for kind in _KINDS:
        limit, left = (headers.get(f"x-ratelimit-{what}-{kind}", "") for what in ("limit", "remaining"))
        if limit.isdecimal() and left.isdecimal():
            reset_s = seconds_of(headers.get(f"x-ratelimit-reset-{kind}", "")) or 0.0
            found[kind] = Left(int(limit), int(left), reset_s)
    return found


def seconds_of(length: str) -> float | None:
    """Parse a duration as Groq writes it, such as 2m59.56s, 172.8ms or 1h2m3s; None if it is not one."""
    if not length or (found := _LENGTH.fullmatch(length)) is None:
        return None
    hours, minutes, seconds, milliseconds = (float(part or 0) for part in found.groups())
    return hours * 3600 + minutes * 60 + seconds + milliseconds / 1000


class LimitsSeen:
    """The limits in the latest response of each path, such as audio/speech. `hook` is for httpx."""

    def __init__(self) -> None:
        self._by_path: dict[str, dict[str, Left]] = {}

    async def hook(self, response: httpx.Response) -> None:
        if limits := limits_in(response.headers):
            self._by_path[response.request.url.path.removeprefix("/openai/v1/")] = limits

    def of(self, path: str) -> Mapping[str, Left]:
        """Return the limits of `path`; empty before its first response."""
        return self._by_path.get(path, {})
