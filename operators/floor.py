"""The queue for people and its figures, live and over a time."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from prometheus_client.core import GaugeMetricFamily, Metric

from operators.export import cell
from people.expected_wait import expected_waits, place_of
from people.queue_step import floor_of
from persistence.contract.people import PeopleStore
from persistence.people import EntryId, EntryState, Presence, PresenceState, Talks, Waits
from persistence.records import CallId, RoleName

TARGET_S = 20.0
"""In how many seconds a caller should talk with a person: contact centres aim at 80 % of them in 20 s."""


@dataclass(frozen=True, slots=True)
class WaitingCaller:
    """One caller in the queue. `expected_wait_ms`: None while nobody is there who may take them.

    `call_back`: they are not on the line. One that is not due yet has neither place nor expected wait.
    """

    entry_id: EntryId
    call_id: CallId
    role: RoleName
    state: EntryState
    priority: int
    started_at: int
    place: int | None
    expected_wait_ms: int | None
    call_back: bool


@dataclass(frozen=True, slots=True)
class LiveQueue:
    """In order."""

    waiting: Sequence[WaitingCaller]
    longest_wait_ms: int
    people: Sequence[Presence]


@dataclass(frozen=True, slots=True)
class Figures:
    """Of the entries and offers made in a time: per role, and per person and role. Times in ms."""

    target_ms: int
    roles: Sequence[Waits]
    people: Sequence[Talks]


async def live_queue(store: PeopleStore, now: int) -> LiveQueue:
    """Raises: StoreError."""
    floor = await floor_of(store, now)
    expected = expected_waits(floor)
    waiting = [
        WaitingCaller(
            entry_id=entry.id,
            call_id=entry.call_id,
            role=entry.role,
            state=entry.state,
            priority=entry.priority,
            started_at=entry.started_at,
            place=place_of(entry.id, floor),
            expected_wait_ms=expected.get(entry.id),
            call_back=entry.call_back,
        )
        for entry in floor.queue
    ]
    longest = max((now - caller.started_at for caller in waiting if not caller.call_back), default=0)
    return LiveQueue(waiting, longest, floor.presences)


async def figures(store: PeopleStore, *, since: int, until: int, target_s: float) -> Figures:
    """Raises: StoreError."""
    target_ms = round(1000 * target_s)
    return Figures(
        target_ms,
        await store.waits(since=since, until=until, target_ms=target_ms),
        await store.talks(since=since, until=until),
    )


def as_csv(figures: Figures) -> str:
    """A line for each role, without a person, and one for each person and role. Times in seconds."""
    written = io.StringIO()
    writer = csv.writer(written)
    roles = ("entered", "answered", "in_time", "abandoned", "overflowed")
    backs = ("call_backs", "called_back", "unreached")
    people = ("offers", "talks", "missed", "declined")
    writer.writerow(("role", "person", *roles, "wait_s", *backs, *people, "talk_s", "wrap_up_s"))
    for row in figures.roles:
        counts = (getattr(row, name) for name in roles)
        promised = (getattr(row, name) for name in backs)
        blank = [""] * (len(people) + 2)
        writer.writerow((cell(row.role), "", *counts, row.wait_ms / 1000, *promised, *blank))
    for talks in figures.people:
        counts = (getattr(talks, name) for name in people)
        blank = [""] * (len(roles) + 1 + len(backs))
        lengths = (talks.talk_ms / 1000, talks.wrap_up_ms / 1000)
        writer.writerow((cell(talks.role), cell(talks.person), *blank, *counts, *lengths))
    return written.getvalue()


def people_families(live: LiveQueue) -> Sequence[Metric]:
    """The queue and the people as metrics."""
    callers = GaugeMetricFamily(
        "baton_queue_callers",
        "Callers on the line who wait for a person.",
        value=sum(not caller.call_back for caller in live.waiting),
    )
    call_backs = GaugeMetricFamily(
        "baton_call_backs",
        "Callers who were promised a call back, and wait for it.",
        value=sum(caller.call_back for caller in live.waiting),
    )
    longest = GaugeMetricFamily(
        "baton_queue_longest_wait_seconds",
        "How long the caller has waited who waits for a person longest.",
        value=live.longest_wait_ms / 1000,
    )
    people = GaugeMetricFamily("baton_people", "People who take calls, by where they are.", labels=["state"])
    counted = Counter(presence.state for presence in live.people)
    for state in PresenceState:
        people.add_metric([state], counted[state])
    return [callers, call_backs, longest, people]
