"""The roles and people that a person may hand a caller to, with who is available and how many wait."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agents.roster.roster import Roster
from persistence.contract.people import PeopleStore
from persistence.people import Person, PresenceState
from persistence.records import RoleName


@dataclass(frozen=True, slots=True)
class There:
    """One of a role's people. `reason`: why they are away or busy, in their own words."""

    person: Person
    state: PresenceState
    reason: str


@dataclass(frozen=True, slots=True)
class Place:
    """One role. `available` counts people and `waiting` counts callers; both are None for a model's role.

    `is_open`: a model's role always is; a person's role is within its hours, if one of its people is not
    away. `people`: those to whom a caller may be handed over by name, in the roster's order.
    """

    role: RoleName
    name: str
    is_open: bool
    available: int | None
    waiting: int | None
    people: Sequence[There] = ()


async def directory(store: PeopleStore, roster: Roster, *, now: int) -> Sequence[Place]:
    """Return every role, in the roster's order. Raises: StoreError."""
    presences = {one.person: one for one in await store.presences()}
    queue, by_name = await store.queue(), roster.at_desks
    places: list[Place] = []
    for role in roster.roles.values():
        if role.desk is None:
            places.append(Place(role.id, role.name, True, None, None))
            continue
        people = [
            There(person, presences[person].state, presences[person].reason)
            if person in presences
            else There(person, PresenceState.AWAY, "")
            for person in role.desk.people
        ]
        there = [one.state for one in people]
        staffed = any(state is not PresenceState.AWAY for state in there)
        places.append(
            Place(
                role=role.id,
                name=role.name,
                is_open=staffed and role.desk.is_open(now),
                available=there.count(PresenceState.AVAILABLE),
                waiting=sum(entry.role == role.id and entry.asked_by is None for entry in queue),
                people=people if role.id in by_name else (),
            )
        )
    return places
