"""Tells a key from an echo of the same key. Pure."""

from __future__ import annotations

BOUNCE_S = 0.1
"""A trunk that sends a key both as an event and as a tone reports it twice within this time. A finger takes
0.12 s to press the same key again, and telephones that dial by themselves mostly 0.2 s."""

_BY_CODE = "0123456789*#"
KEYS = frozenset(_BY_CODE)


def key_of(digit: str, code: int) -> str | None:
    """Return an event's key; None for one that telephones do not have. Some gateways send only the code."""
    key = digit.strip() or (_BY_CODE[code] if 0 <= code < len(_BY_CODE) else "")
    return key if key in KEYS else None


class Debounce:
    """Debounces one caller's keys. Times are in seconds, by any clock that never goes back."""

    def __init__(self) -> None:
        self._pressed_at: dict[str, float] = {}

    def is_pressed(self, key: str, at: float) -> bool:
        """Whether this is a new key press, not a second report, even if other keys came between."""
        if at - self._pressed_at.get(key, float("-inf")) < BOUNCE_S:
            return False
        self._pressed_at[key] = at
        return True
