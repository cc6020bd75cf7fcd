"""The tokens that a chat answer reports: at its end, and nowhere else. Pure."""

from __future__ import annotations

import json
from typing import Any

from persistence.records import Used

_LINE = b"data:"
_USAGE = b'"usage"'


def tokens_in(answer: bytes) -> Used | None:
    """Return the tokens in an answer, or in one chunk of it, in JSON; None if it reports none."""
    try:
        content = json.loads(answer)
    except ValueError:
        return None
    if not isinstance(content, dict):
        return None
    usage: Any = content.get("usage") or (content.get("x_groq") or {}).get("usage")
    if not usage:
        return None
    details = usage.get("prompt_tokens_details") or {}
    return Used(
        prompt_tokens=usage.get("prompt_tokens") or 0,
        cached_tokens=details.get("cached_tokens") or 0,
        completion_tokens=usage.get("completion_tokens") or 0,
    )


class StreamedTokens:
    """Finds the tokens in a stream's events as they arrive."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, content: bytes) -> Used | None:
        """Return the tokens once an event reports them; None until then."""
        *lines, self._rest = (self._rest + content).split(b"\n")
        for line in lines:
            if line.startswith(_LINE) and _USAGE in line and (told := tokens_in(line[len(_LINE) :])):
                return told
        return None
