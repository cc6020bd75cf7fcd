"""Whom a person may hand a caller over to, and what awaits the caller there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agents.roster.roster import Roster
from persistence.contract.people import PeopleStore
from persistence.people import PresenceState
from persistence.records import RoleName


@dataclass(frozen=True, slots=True)
class Place:
    """One role. `available` and `waiting`: people and callers; of a model's role, None.

    `is_open`: a model's is always; a person's within its hours, while one of its people is there.
    """

    role: RoleName
    name: str
    is_open: bool
    available: int | None
    waiting: int | None


async def directory(store: PeopleStore, roster: Roster, *, now: int) -> Sequence[Place]:
    """Every role, in the roster's order. Raises: StoreError."""
    people = await store.presences()
    queue = await store.queue()
    places: list[Place] = []
    for role in roster.roles.values():
        if role.desk is None:
            places.append(Place(role.id, role.name, True, None, None))
            continue
        there = [one.state for one in people if one.person in role.desk.people]
        staffed = any(state is not PresenceState.AWAY for state in there)
        places.append(
            Place(
                role=role.id,
                name=role.name,
                is_open=staffed and role.desk.is_open(now),
                available=there.count(PresenceState.AVAILABLE),
                waiting=sum(entry.role == role.id for entry in queue),
            )
        )
    return places
