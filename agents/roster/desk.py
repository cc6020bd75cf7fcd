"""A desk where people take calls: the fields of a role with `kind: person`, and what they mean. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, StringConstraints

from agents.roster.checked import Checked
from persistence.people import Person
from settings import Seconds

QUEUE = "queue"
CALL_BACK = "call back"
MESSAGE = "message"
"""Values of `otherwise` other than a role. CALL_BACK and MESSAGE may also be a queue's `then`."""

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_OPEN = re.compile(
    rf"({'|'.join(_DAYS)})(?:-({'|'.join(_DAYS)}))? +(\d\d):(\d\d)-(\d\d):(\d\d)", re.IGNORECASE | re.ASCII
)
_FULL_DAY = 24 * 60


def _is_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        raise ValueError(f"{name[:80]!r} is no time zone") from None
    return name


def _is_open_time(text: str) -> str:
    if _spans(text) is None:
        raise ValueError(f"{text[:80]!r} is not a time when it could be open")
    return text


def _ever_opens(times: tuple[str, ...]) -> tuple[str, ...]:
    if not times:
        raise ValueError("names no hours")
    return times


ShortWord = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
OpenTime = Annotated[str, AfterValidator(_is_open_time)]


class Hours(Checked):
    """When the desk is open."""

    zone: Annotated[str, AfterValidator(_is_zone)] = Field(
        description="the time zone of its hours, such as Europe/Berlin"
    )
    open: Annotated[tuple[OpenTime, ...], AfterValidator(_ever_opens)] = Field(
        description='its hours, such as ["mon-fri 08:00-18:00", "sat 09:00-12:00"]; an end before the '
        "beginning is on the next day"
    )

    def is_open(self, at_ms: int) -> bool:
        """Whether the desk is open at this time, ms UTC."""
        here = datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(ZoneInfo(self.zone))
        minute = 60 * here.hour + here.minute
        day = here.weekday()
        return any(_reaches(span, day, minute) for text in self.open for span in (_spans(text) or ()) if span)

    def closes_at(self, at_ms: int) -> int | None:
        """Return when the desk closes next, ms UTC; None: it is closed now, or open for the next week."""
        if not self.is_open(at_ms):
            return None
        zone = ZoneInfo(self.zone)
        here = datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(zone)
        ends = [
            datetime.combine(here.date() + timedelta(days=after), time(), zone) + timedelta(minutes=until)
            for after in range(-1, 9)
            for text in self.open
            for day, _, until in _spans(text) or ()
            if (here.weekday() + after) % 7 == day
        ]
        later = sorted(round(1000 * end.timestamp()) for end in ends)
        return next((end for end in later if end > at_ms and not self.is_open(end)), None)


class QueueRules(Checked):
    """How long callers wait for a person."""

    longest_wait_s: Seconds = Field(
        600, description="how long a caller waits in the queue at most, in seconds"
    )
    longest: int = Field(20, ge=1, le=10_000, description="how many callers wait at most")
    then: ShortWord | None = Field(
        None,
        description="call back, message, or another role, for a caller who has waited longer or finds the "
        "queue full; without it, they return to the desk that handed over",
    )
    meanwhile: Literal["help", "music"] = Field(
        "help",
        description="what a caller who speaks while they wait gets: help of the model that handed over, or "
        "music alone, and their words are for the person",
    )


_OFFERED_WITHIN_S = 2.0
"""An offer is made within a second, and ended within a second once missed (people/queue_step.py)."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a role's callers find a person. `people`: those who may take its calls and have its skills."""

    people: tuple[Person, ...]
    skills: tuple[str, ...]
    rings_s: float
    hours: Hours | None
    otherwise: str | None  # QUEUE, CALL_BACK, MESSAGE, or another role
    queue: QueueRules
    needs_wrap_up: bool
    codes: tuple[str, ...]

    def is_open(self, at_ms: int) -> bool:
        return self.hours is None or self.hours.is_open(at_ms)

    @property
    def queues(self) -> bool:
        """Whether callers wait for longer than the desk rings."""
        return self.otherwise == QUEUE

    @property
    def helps_meanwhile(self) -> bool:
        """Whether the model that handed over answers a waiting caller."""
        return self.queues and self.queue.meanwhile == "help"

    @property
    def longest_wait_s(self) -> float:
        """The longest that a caller waits for a person, in seconds; without a queue, while the desk rings."""
        return self.queue.longest_wait_s if self.queues else self.rings_s + _OFFERED_WITHIN_S

    @property
    def overflow_to(self) -> str | None:
        """The role for a caller whom no person takes; None: back to the desk that handed over."""
        return None if self.calls_back or self.takes_messages else self._in_the_end

    @property
    def calls_back(self) -> bool:
        """Whether the desk that handed over offers a call back if no person takes the caller."""
        return self._in_the_end == CALL_BACK

    @property
    def takes_messages(self) -> bool:
        """Whether the desk that handed over asks for a message if no person takes the caller."""
        return self._in_the_end == MESSAGE

    @property
    def _in_the_end(self) -> str | None:
        return self.queue.then if self.queues else self.otherwise

    def overflows_at(self, at_ms: int) -> int:
        """Return until when, ms UTC, a caller who comes at this time waits: not after the desk closes."""
        closes_at = None if self.hours is None else self.hours.closes_at(at_ms)
        longest_ms = at_ms + round(1000 * self.longest_wait_s)
        return longest_ms if closes_at is None else min(longest_ms, closes_at)


def _spans(text: str) -> Sequence[tuple[int, int, int]] | None:
    """Parse an entry of `open` into weekdays, each with its first and last minute; None: it is no time."""
    found = _OPEN.fullmatch(text.strip())
    if found is None:
        return None
    first, last, *digits = found.groups()
    start_hour, start_minute, end_hour, end_minute = map(int, digits)
    start, end = 60 * start_hour + start_minute, 60 * end_hour + end_minute
    if max(start_minute, end_minute) > 59 or start >= _FULL_DAY or end > _FULL_DAY or start == end:
        return None
    begins = _DAYS.index(first.lower())
    days = 1 + (_DAYS.index((last or first).lower()) - begins) % 7
    return [((begins + day) % 7, start, end if end > start else end + _FULL_DAY) for day in range(days)]


def _reaches(span: tuple[int, int, int], day: int, minute: int) -> bool:
    begins, start, end = span
    return (begins == day and start <= minute < end) or (
        (begins + 1) % 7 == day and start <= minute + _FULL_DAY < end
    )
