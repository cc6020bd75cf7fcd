"""Chooses, by a seed, which calls go to people or come by telephone, and which lose an agent. Pure."""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

EVERY = 10
"""About one in this many calls loses an agent, and one in this many goes to people."""
_KILLED_TALKS = 3
"""One in this many talks with people loses the agent between caller and person."""

_LATEST_S = 0.8


class Moment(StrEnum):
    """The moment from which the delay before the kill counts."""

    GREETED = "greeted"
    ASKED = "asked"  # the caller has said what causes the handoff
    BRIEFING = "briefing"
    ACCEPTED = "accepted"
    TAKEN_OVER = "taken over"


class Victim(StrEnum):
    HOLDER = "holder"
    TARGET = "target"  # or the holder, if the target has become the holder by then


_KILLS = (
    (Moment.GREETED, Victim.HOLDER),
    (Moment.ASKED, Victim.HOLDER),
    (Moment.BRIEFING, Victim.HOLDER),
    (Moment.BRIEFING, Victim.TARGET),
    (Moment.ACCEPTED, Victim.HOLDER),
    (Moment.ACCEPTED, Victim.TARGET),
    (Moment.TAKEN_OVER, Victim.HOLDER),
)


@dataclass(frozen=True, slots=True)
class Kill:
    moment: Moment
    victim: Victim
    after_s: float


def plan(calls: int, seed: int, *, every: int = EVERY) -> Mapping[int, Kill]:
    """Return the kills by call number, from 0: one in each `every` calls, unless it falls past the last."""
    if every <= 0:
        return {}
    chance = random.Random(seed)
    kills = {}
    for first in range(0, calls, every):
        number = first + chance.randrange(every)
        moment, victim = chance.choice(_KILLS)
        after_s = round(chance.uniform(0, _LATEST_S), 3)
        if number < calls:
            kills[number] = Kill(moment, victim, after_s)
    return kills


def by_phone(calls: int, seed: int, taken: Collection[int], *, every: int = EVERY) -> frozenset[int]:
    """Return the numbers of the calls that come by telephone, none of them in `taken`."""
    chance = random.Random(f"{seed} phone")
    chosen = set()
    for first in range(0, calls, every):
        free = [number for number in range(first, first + every) if number not in taken]
        number = chance.choice(free)
        if number < calls:
            chosen.add(number)
    return frozenset(chosen)


def to_people(calls: int, seed: int, *, every: int = EVERY) -> Mapping[int, Kill | None]:
    """Return the calls that ask for a person, by number, with the kill of the agent between, if any."""
    chance = random.Random(f"{seed} people")
    chosen: dict[int, Kill | None] = {}
    for talk, first in enumerate(range(0, calls, every)):
        number, after_s = first + chance.randrange(every), round(chance.uniform(0, _LATEST_S), 3)
        kill = Kill(Moment.TAKEN_OVER, Victim.HOLDER, after_s) if talk % _KILLED_TALKS == 0 else None
        if number < calls:
            chosen[number] = kill
    return chosen
