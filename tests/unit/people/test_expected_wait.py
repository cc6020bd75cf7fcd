"""What callers are told of their wait, and how long they wait: 60 arrivals at 3 desks, in virtual time."""

from __future__ import annotations

import random
from collections.abc import Callable
from statistics import median

import pytest

from agents.roster.waiting_lines import spoken_minutes
from people.expected_wait import ASSUMED_TALK_MS, expected_waits, place_of
from people.queue_step import floor_of
from persistence.people import EntryId, Offer, OfferId, PresenceState
from tests.unit.people.floor import PEOPLE, START, Floor

ARRIVALS = 60
TALK_S, SPREAD = 240.0, 0.5  # a talk's median, and the sigma of its logarithm: half of them take 171 to 336 s
BETWEEN_S = 60.0  # arrivals at three desks that serve one caller every 90 s: the queue grows
AT_ONCE_MS = 15_000  # a wait only as long as an answer takes: "somebody is free" was true
SEEDS = (1, 2, 3)


class Day:
    """Callers come, are told how long it takes, and are answered; the clock goes from event to event."""

    def __init__(self, seed: int) -> None:
        self.floor, self._chance = Floor(), random.Random(seed)
        self._store, self._clock = self.floor.store, self.floor.clock
        self._next_arrival = START
        self._dues: dict[OfferId, int] = {}  # when an offer is answered, and then when its talk ends
        self.told: dict[EntryId, int] = {}
        self.came: dict[EntryId, int] = {}
        self.answered: dict[EntryId, int] = {}

    def run(self) -> list[tuple[int, int]]:
        """Return what each caller who had to wait was told, and how long they waited, in ms."""
        for person in PEOPLE:
            there = self._store.set_presence(
                person, PresenceState.AVAILABLE, lease_s=1e6, by=person, at=START
            )
            self.floor.run(there)
        while len(self.answered) < ARRIVALS:
            self._clock.now = min(self._next_arrival, *self._dues.values(), self._clock.now + 60_000)
            self._arrive()
            self.floor.serve()
            offers = [
                offer for offer in self.floor.run(self._store.offers(open_only=True)) if not offer.ended_at
            ]
            self._dues = {offer.id: self._dues[offer.id] for offer in offers if offer.id in self._dues}
            for offer in offers:
                self._goes_on(offer)
        self.floor.close()
        waited = {entry: self.answered[entry] - self.came[entry] for entry in self.came}
        return [(self.told[entry], waited[entry]) for entry in waited if waited[entry] > AT_ONCE_MS]

    def _arrive(self) -> None:
        now = self._clock.now
        if self._next_arrival > now:
            return
        entry = self.floor.calls(len(self.came) + 1)
        self.came[entry.id] = now
        self.told[entry.id] = expected_waits(self.floor.run(floor_of(self._store, now)))[entry.id]
        last = len(self.came) == ARRIVALS
        self._next_arrival = now + (10**9 if last else round(1000 * self._chance.expovariate(1 / BETWEEN_S)))

    def _goes_on(self, offer: Offer) -> None:
        now = self._clock.now
        if offer.id not in self._dues:
            self._dues[offer.id] = now + 1000 * self._chance.randint(2, 6)
        elif self._dues[offer.id] > now:
            return
        elif offer.outcome is None and self.floor.accepts(offer):
            self.floor.run(self._store.connect_talk(offer.id, at=now))
            self.answered[offer.entry_id] = now
            self._dues[offer.id] = now + round(1000 * TALK_S * self._chance.lognormvariate(0, SPREAD))
        else:
            if offer.is_talk:
                self.floor.run(self._store.end_talk(offer.id, at=now))
            del self._dues[offer.id]


@pytest.mark.parametrize("seed", SEEDS)
def test_half_of_the_spoken_waits_are_within_a_quarter(
    seed: int, record_property: Callable[[str, object], None]
) -> None:
    """On each day alone. The median error of ten single days was 11 to 21 %, and of all together 16 %."""
    waits = [(60_000 * spoken_minutes(told), waited) for told, waited in Day(seed).run()]
    assert len(waits) > ARRIVALS / 2
    error = median(abs(told - waited) / waited for told, waited in waits)
    record_property("wait_error", error)  # bench/people reads it
    assert error <= 0.25


def test_without_anybody_there_nothing_is_told() -> None:
    floor = Floor()
    floor.calls(1)
    assert expected_waits(floor.run(floor_of(floor.store, START))) == {}
    floor.close()


def test_a_place_counts_those_whom_the_same_people_may_take() -> None:
    floor = Floor()
    first, other, last = floor.calls(1), floor.calls(2, people=PEOPLE[:1]), floor.calls(3, people=PEOPLE[1:])
    rows = floor.run(floor_of(floor.store, START))
    assert [place_of(entry.id, rows) for entry in (first, other, last)] == [1, 2, 2]
    assert place_of(EntryId("gone"), rows) is None
    floor.close()


def test_the_first_talks_are_assumed_to_take_four_minutes() -> None:
    floor = Floor()
    floor.run(floor.store.set_presence(PEOPLE[0], PresenceState.AVAILABLE, lease_s=60, by="Anna", at=START))
    for number in (1, 2, 3):
        floor.calls(number)
    waits = expected_waits(floor.run(floor_of(floor.store, START)))
    assert list(waits.values()) == [0, ASSUMED_TALK_MS, 2 * ASSUMED_TALK_MS]
    floor.close()


def test_a_call_back_that_is_not_due_yet_keeps_nobody_waiting() -> None:
    floor = Floor()
    floor.run(floor.store.set_presence(PEOPLE[0], PresenceState.AVAILABLE, lease_s=60, by="Anna", at=START))
    floor.calls(1, call_back=True, not_before=START + 1)
    caller = floor.calls(2)
    rows = floor.run(floor_of(floor.store, START))
    assert (expected_waits(rows), place_of(caller.id, rows)) == ({caller.id: 0}, 1)
    rows = floor.run(floor_of(floor.store, START + 1))
    assert place_of(caller.id, rows) == 2
    floor.close()
