"""The daily figures for running a floor of people: by role, and by person and role."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from agents.roster.desk import Desk
from operators.export import cell
from persistence.contract.people import PeopleStore
from persistence.people import Talks, Waits
from persistence.records import RoleName

TARGET_S = 20.0
"""In how many seconds a caller should talk with a person: contact centres aim at 80 % of them in 20 s."""

AT_MOST_DAYS = 31

UTC_ZONE = "UTC"
"""The time zone of a role without hours, and of a role that is no longer in the roster."""


@dataclass(frozen=True, slots=True)
class RoleDay(Waits):
    """The callers who began to wait for a role's people on one day in the role's zone."""

    day: date
    zone: str


@dataclass(frozen=True, slots=True)
class PersonDay(Talks):
    """One person's offers for one role on one day in the role's zone, and the talks that followed."""

    day: date
    zone: str


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures, sorted by day. Days on which nothing happened are left out. Times in ms."""

    target_ms: int
    roles: Sequence[RoleDay]
    people: Sequence[PersonDay]


def zones_of(desks: Mapping[RoleName, Desk]) -> Mapping[RoleName, str]:
    """Return the time zone of each role's hours. Its midnights begin the role's days."""
    return {name: desk.hours.zone for name, desk in desks.items() if desk.hours is not None}


async def figures(
    store: PeopleStore,
    zones: Mapping[RoleName, str],
    *,
    first: date | None,
    last: date | None,
    target_s: float,
    now: int,
) -> Figures:
    """Return the figures from the first day to the last, both included.

    `last` defaults to today, and `first` to `last`. Today and midnight depend on the role's zone in `zones`.
    Raises: StoreError.
    """

    def zone_of(role: RoleName) -> str:
        return zones.get(role, UTC_ZONE)

    target_ms = round(1000 * target_s)
    roles: list[RoleDay] = []
    people: list[PersonDay] = []
    for zone in sorted({UTC_ZONE, *zones.values()}):
        until = last or today(zone, now)
        for day in days(first or until, until):
            begins, ends = bounds(day, zone)
            waits = await store.waits(since=begins, until=ends, target_ms=target_ms)
            talks = await store.talks(since=begins, until=ends)
            roles += [
                RoleDay(**asdict(one), day=day, zone=zone) for one in waits if zone == zone_of(one.role)
            ]
            people += [
                PersonDay(**asdict(one), day=day, zone=zone) for one in talks if zone == zone_of(one.role)
            ]
    roles.sort(key=lambda one: (one.day, one.role))
    people.sort(key=lambda one: (one.day, one.role, one.person))
    return Figures(target_ms, roles, people)


def today(zone: str, now: int) -> date:
    return datetime.fromtimestamp(now / 1000, UTC).astimezone(ZoneInfo(zone)).date()


def latest_day(zones: Mapping[RoleName, str], now: int) -> date:
    """Return the latest date that is today in any of the zones."""
    return max(today(zone, now) for zone in {UTC_ZONE, *zones.values()})


def days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=after) for after in range((last - first).days + 1))


def bounds(day: date, zone: str) -> tuple[int, int]:
    """Return the day's two midnights in ms UTC. They are 23 or 25 hours apart when clocks change."""
    begins, ends = (
        datetime.combine(one, time(), ZoneInfo(zone)).timestamp() for one in (day, day + timedelta(days=1))
    )
    return round(1000 * begins), round(1000 * ends)


_ROLES = ("entered", "answered", "in_time", "abandoned", "overflowed")
_AFTERWARDS = ("call_backs", "called_back", "unreached", "messages", "messages_open")
_PEOPLE = ("offers", "talks", "missed", "declined", "transfers")


def as_csv(figures: Figures) -> str:
    """Return CSV: each day has a line per role (without a person), then per person and role. Times in s."""
    written = io.StringIO()
    writer = csv.writer(written)
    head = ("day", "zone", "role", "person")
    writer.writerow((*head, *_ROLES, "wait_s", *_AFTERWARDS, *_PEOPLE, "talk_s", "wrap_up_s"))
    people = {day: list(those) for day, those in groupby(figures.people, key=lambda one: one.day)}
    roles = {day: list(those) for day, those in groupby(figures.roles, key=lambda one: one.day)}
    for day in sorted({*roles, *people}):
        writer.writerows(_role_line(one) for one in roles.get(day, ()))
        writer.writerows(_person_line(one) for one in people.get(day, ()))
    return written.getvalue()


def _role_line(row: RoleDay) -> Sequence[object]:
    counts, afterwards = _of(row, _ROLES), _of(row, _AFTERWARDS)
    blank = [""] * (len(_PEOPLE) + 2)
    return [row.day, row.zone, cell(row.role), "", *counts, row.wait_ms / 1000, *afterwards, *blank]


def _person_line(row: PersonDay) -> Sequence[object]:
    blank = [""] * (len(_ROLES) + 1 + len(_AFTERWARDS))
    lengths = (row.talk_ms / 1000, row.wrap_up_ms / 1000)
    return [row.day, row.zone, cell(row.role), cell(row.person), *blank, *_of(row, _PEOPLE), *lengths]


def _of(row: RoleDay | PersonDay, names: Sequence[str]) -> list[object]:
    return [getattr(row, name) for name in names]
