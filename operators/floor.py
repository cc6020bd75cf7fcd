"""The current queue for people and their presence, and the metrics about both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from operators.floor_figures import TARGET_S
from people.expected_wait import expected_waits, place_of
from people.queue_step import floor_of
from persistence.contract.messages import MessageStore
from persistence.contract.people import PeopleStore
from persistence.people import EntryId, EntryState, Presence, PresenceState
from persistence.records import CallId, RoleName


@dataclass(frozen=True, slots=True)
class WaitingCaller:
    """One caller in the queue. `expected_wait_ms` is None while no person who may take them is there.

    `call_back`: the caller is not on the line. A call back that is not due has no place and no expected wait.
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
    """The queue in order, and the people. `longest_wait_ms` counts only callers on the line.

    `call_backs_due`: how many callers may be called back now.
    """

    waiting: Sequence[WaitingCaller]
    longest_wait_ms: int
    call_backs_due: int
    people: Sequence[Presence]


async def live_queue(store: PeopleStore, now: int) -> LiveQueue:
    """Return the current queue and people. Raises: StoreError."""
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
        if entry.asked_by is None
    ]
    longest = max((now - caller.started_at for caller in waiting if not caller.call_back), default=0)
    due = sum(caller.call_back and caller.place is not None for caller in waiting)
    return LiveQueue(waiting, longest, due, floor.presences)


def live_families(live: LiveQueue) -> Sequence[Metric]:
    """Return the metrics for the current queue and people."""
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
    due = GaugeMetricFamily(
        "baton_call_backs_due",
        "Callers who were promised a call back that is due.",
        value=live.call_backs_due,
    )
    longest = GaugeMetricFamily(
        "baton_queue_longest_wait_seconds",
        "How long the longest-waiting caller has waited for a person.",
        value=live.longest_wait_ms / 1000,
    )
    people = GaugeMetricFamily("baton_people", "People who take calls, by where they are.", labels=["state"])
    counted = Counter(presence.state for presence in live.people)
    for state in PresenceState:
        people.add_metric([state], counted[state])
    return [callers, call_backs, due, longest, people]


_OF_ROLES = {
    "entered": "Callers who began to wait for a person.",
    "answered": "Callers who waited and talked with a person.",
    "in_time": f"Callers who talked with a person within {TARGET_S:.0f} s.",
    "abandoned": "Callers who left, or no longer wanted a person, before one had them.",
    "overflowed": "Callers that no person took within the role's longest wait.",
    "call_backs": "Call backs that were promised.",
    "called_back": "Call backs that the caller answered.",
    "unreached": "Call backs that ended without an answer.",
    "messages": "Messages that callers have left for people.",
}
_OF_TALKS = {
    "talks": ("baton_talks", "Talks of people with callers.", 1),
    "transfers": ("baton_talks_handed_over", "Talks that the person handed over.", 1),
    "missed": ("baton_offers_missed", "Offers that rang at a desk until their end.", 1),
    "declined": ("baton_offers_declined", "Offers that a person declined.", 1),
    "talk_ms": ("baton_talk_seconds", "How long people talked with callers, in talks that are over.", 1000),
    "wrap_up_ms": ("baton_wrap_up_seconds", "How long people wrote wrap-ups.", 1000),
}


async def message_families(store: MessageStore, roles: Sequence[RoleName], now: int) -> Sequence[Metric]:
    """Return the age of each role's oldest message that nobody has taken, 0 for those of `roles` without one.

    `roles` are the roles that people play. Raises: StoreError.
    """
    oldest = await store.oldest_messages()
    family = GaugeMetricFamily(
        "baton_queue_oldest_message_seconds",
        "Age of the oldest message that nobody has taken.",
        labels=["role"],
    )
    for role in sorted({*roles, *oldest}):
        family.add_metric([role], max(0, now - oldest.get(role, now)) / 1000)
    return [family]


async def counted_families(store: PeopleStore, roles: Sequence[RoleName], until: int) -> Sequence[Metric]:
    """Return the all-time counters by role, 0 for those of `roles` without any.

    `roles` are the roles that people play. Raises: StoreError.
    """
    waits = await store.waits(since=0, until=until, target_ms=round(1000 * TARGET_S))
    by_role = {one.role: one for one in waits}
    everybody = sorted({*roles, *by_role})
    families: list[Metric] = []
    for field, meaning in _OF_ROLES.items():
        counter = CounterMetricFamily(f"baton_queue_{field}", meaning, labels=["role"])
        for role in everybody:
            counter.add_metric([role], getattr(by_role[role], field) if role in by_role else 0)
        families.append(counter)
    unfinished = GaugeMetricFamily(
        "baton_queue_messages_open", "Messages for people that are not done.", labels=["role"]
    )
    for role in everybody:
        unfinished.add_metric([role], by_role[role].messages_open if role in by_role else 0)
    families.append(unfinished)
    talks = await store.talks(since=0, until=until)
    for field, (name, meaning, unit) in _OF_TALKS.items():
        counter = CounterMetricFamily(name, meaning, labels=["role"])
        for role in everybody:
            total = sum(getattr(one, field) for one in talks if one.role == role)
            counter.add_metric([role], total / unit)
        families.append(counter)
    return families
