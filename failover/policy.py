"""What is done about a call that is lost again and again. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from persistence.records import RoleName

MINUTE_MS = 60_000
_FAREWELLS = 2
"""How often somebody is called in to say goodbye; whoever cannot do even that is not called any more."""


@dataclass(frozen=True, slots=True)
class GoOn:
    """Call `role` in; with `farewell` only to tell the caller that the call ends."""

    role: RoleName
    farewell: bool = False


@dataclass(frozen=True, slots=True)
class HangUp:
    """Nobody could even say goodbye."""


def remedy(role: RoleName, losses: int, *, recoveries: int, fallback: RoleName | None) -> GoOn | HangUp:
    """For a call that `role` held, lost now for the `losses`th time within a minute."""
    beyond = losses - recoveries
    if beyond <= 0:
        return GoOn(role)
    if fallback is not None and role != fallback:
        return GoOn(fallback)
    if beyond <= _FAREWELLS + (fallback is not None):
        return GoOn(role, farewell=True)
    return HangUp()
