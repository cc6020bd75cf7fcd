"""The figures of a floor by day: each role's days are those of its own zone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime

import pytest

from operators.floor_figures import Figures, as_csv, bounds, figures
from persistence.people import Person, Talks, Waits
from persistence.records import RoleName
from tests.support.memory_store import MemoryStore

BERLIN, TOKYO = "Europe/Berlin", "Asia/Tokyo"
SERVICE, NIGHT = RoleName("service-desk"), RoleName("night-desk")
EVENING = round(1000 * datetime(2026, 11, 28, 23, 30, tzinfo=UTC).timestamp())
"""23:30 UTC on the 28th: in Berlin it is already the 29th."""


class Asked(MemoryStore):
    """A store where both roles have one caller in any period. `times`: the periods that were asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.times: list[tuple[int, int]] = []

    async def waits(self, *, since: int, until: int, target_ms: int) -> Sequence[Waits]:
        self.times.append((since, until))
        return [Waits(role, 1, 1, 1, 0, 0, 5_000, 0, 0, 0, 0, 0) for role in (SERVICE, NIGHT)]

    async def talks(self, *, since: int, until: int) -> Sequence[Talks]:
        return [Talks(Person("Anna"), SERVICE, 1, 1, 0, 0, 0, 60_000, 9_000)]


async def asked(first: date | None = None, last: date | None = None) -> Figures:
    zones = {SERVICE: BERLIN}
    return await figures(Asked(), zones, first=first, last=last, target_s=20, now=EVENING)


async def test_each_role_has_its_own_today() -> None:
    found = await asked()
    assert [(one.role, one.day.day, one.zone) for one in found.roles] == [
        (NIGHT, 28, "UTC"),
        (SERVICE, 29, BERLIN),
    ]
    assert [(one.person, one.day.day) for one in found.people] == [("Anna", 29)]


async def test_both_ends_are_included_and_the_days_are_in_order() -> None:
    found = await asked(date(2026, 11, 27), date(2026, 11, 28))
    assert [(one.day.day, one.role) for one in found.roles] == [
        (27, NIGHT), (27, SERVICE), (28, NIGHT), (28, SERVICE),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("day", "zone", "hours"),
    [
        (date(2026, 3, 29), BERLIN, 23),
        (date(2026, 10, 25), BERLIN, 25),
        (date(2026, 11, 28), TOKYO, 24),
        (date(2026, 10, 25), "UTC", 24),
    ],
)
def test_a_day_is_as_long_as_its_clocks_make_it(day: date, zone: str, hours: int) -> None:
    begins, ends = bounds(day, zone)
    assert ends - begins == hours * 3_600_000


def test_a_day_begins_where_the_one_before_ended() -> None:
    _, ends = bounds(date(2026, 10, 25), BERLIN)
    assert bounds(date(2026, 10, 26), BERLIN)[0] == ends


async def test_the_file_has_each_day_with_its_roles_and_then_its_people() -> None:
    lines = as_csv(await asked(date(2026, 11, 27), date(2026, 11, 28))).splitlines()
    assert lines[0].startswith("day,zone,role,person,entered,answered,in_time,abandoned,overflowed,wait_s")
    assert [line.split(",")[:4] for line in lines[1:]] == [
        ["2026-11-27", "UTC", "night-desk", ""],
        ["2026-11-27", BERLIN, "service-desk", ""],
        ["2026-11-27", BERLIN, "service-desk", "Anna"],
        ["2026-11-28", "UTC", "night-desk", ""],
        ["2026-11-28", BERLIN, "service-desk", ""],
        ["2026-11-28", BERLIN, "service-desk", "Anna"],
    ]
    assert len({line.count(",") for line in lines}) == 1
