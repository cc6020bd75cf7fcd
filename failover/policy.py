"""What to do about a call that was lost, given how often it was lost before. Pure: no I/O, no clock."""

from __future__ import annotations

from dataclasses import dataclass

from persistence.records import RoleName

MINUTE_MS = 60_000
_FAREWELLS = 2
"""Attempts to have an agent say goodbye. If the second one dies as well, the room is closed without words."""


@dataclass(frozen=True, slots=True)
class ReplaceHolder:
    """Dispatch an agent as `role`; with `farewell` it only tells the caller that the call ends."""

    role: RoleName
    farewell: bool = False


@dataclass(frozen=True, slots=True)
class HangUp:
    """Close the room: not even a goodbye could be said."""


def recovery_action(
    role: RoleName, losses: int, *, recoveries: int, fallback: RoleName | None
) -> ReplaceHolder | HangUp:
    """Decide about a call held by `role`, lost for the `losses`th time within a minute.

    The same role gets `recoveries` tries, then `fallback` (if any) gets one, then come the farewells.
    """
    beyond = losses - recoveries
    if beyond <= 0:
        return ReplaceHolder(role)
    if fallback is not None and role != fallback:
        return ReplaceHolder(fallback)
    if beyond <= _FAREWELLS + (fallback is not None):
        return ReplaceHolder(role, farewell=True)
    return HangUp()
