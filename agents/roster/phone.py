"""People called by telephone: the fields of people.md, of a role's `phone`, and of house.md. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from agents.roster.checked import Checked
from agents.roster.desk import Hours
from persistence.people import Person

ACCEPTS_WITHIN_S = 50.0
"""How long a person may take to accept a caller, once they have answered the telephone."""
LONGEST_RINGING_S = 60
"""Seconds. livekit-server gives up after 80 s if somebody waits for the answer to a call."""

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_PREFIX = re.compile(r"\+[1-9][0-9]{0,13}")
_KEYS = re.compile(r"[0-9*#A-Dw]{1,40}")
_REFER_TO = re.compile(r"tel:\{number\}|sips?:\{number\}@[^\s@{}<>\"]{1,200}")
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,60}")
_SIPS_OWN = frozenset(
    (
        *("via", "from", "to", "call-id", "cseq", "contact", "max-forwards", "route", "record-route"),
        *("content-type", "content-length", "refer-to", "authorization", "proxy-authorization"),
    )
)
_PLACES = re.compile(r"\{[^}]*\}?|\}")
_LONGEST_VALUE = 300
_SHOWN_DIGITS = 2
BLIND = "blind"


def _is_number(text: str) -> str:
    """Raises: ValueError, without the text itself: it may be a person's number."""
    if not _E164.fullmatch(text):
        raise ValueError("is no number in E.164")
    return text


def _is_prefix(text: str) -> str:
    if not _PREFIX.fullmatch(text):
        raise ValueError(f"has {text[:20]!r}, which is no beginning of a number in E.164")
    return text


def _are_keys(text: str) -> str:
    if not _KEYS.fullmatch(text):
        raise ValueError(f"has {text[:40]!r}, which are no keys")
    return text


def _is_address(text: str) -> str:
    if not _REFER_TO.fullmatch(text):
        raise ValueError(f"has {text[:60]!r}, which is no address with a place for the number")
    return text


Number = Annotated[str, AfterValidator(_is_number)]
Prefix = Annotated[str, AfterValidator(_is_prefix)]


def _is_header(name: str) -> str:
    if not _HEADER.fullmatch(name) or name.lower() in _SIPS_OWN:
        raise ValueError(f"has {name[:40]!r}, which is no header that can be added")
    return name


def _is_header_value(value: str) -> str:
    if not value.isprintable() or len(value) > _LONGEST_VALUE or set(_PLACES.findall(value)) - {"{called}"}:
        raise ValueError(
            "has a value that is too long, of more than one line, or with another place than {called}"
        )
    return value


Header = Annotated[str, AfterValidator(_is_header)]
HeaderValue = Annotated[str, AfterValidator(_is_header_value)]


class Phone(Checked):
    """A person's telephone. A number alone may be written instead of the fields."""

    number: Number = Field(description='the person\'s number in E.164, such as "+4930123456"')
    keys: Annotated[str, AfterValidator(_are_keys)] | None = Field(
        None,
        description='keys that are sent once it is answered, such as "ww12#" for an extension: '
        "0-9, *, #, A-D, and w for a pause of half a second",
    )
    hours: Hours | None = Field(
        None,
        description='when it may be called, such as {zone: Europe/Berlin, open: ["mon-fri 08:00-18:00"]}; '
        "without them, at any time",
    )

    @model_validator(mode="before")
    @classmethod
    def _or_number(cls, written: object) -> object:
        return written if isinstance(written, dict) else {"number": written}


class PhoneRules(Checked):
    """How a role's people are called."""

    trunk: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)] = Field(
        description="the id or the name of the outbound trunk, such as ST_4Qk2 or main"
    )
    caller_id: Number | None = Field(
        None,
        description='the number that they see, such as "+4930998877"; else the trunk\'s',
    )
    order: Literal["in_turn", "at_once"] = Field(
        "in_turn",
        description="in_turn or at_once: whether their telephones ring one after the other, in the order of "
        "people.md, or all at once, and the first who accepts has the caller",
    )
    calls_a_day: int = Field(50, ge=1, le=1_000, description="how often each number is called in 24 hours")
    minutes_a_day: int = Field(
        240, ge=1, le=1_440, description="the minutes in 24 hours after which a number is not called again"
    )

    refer_to: Annotated[str, AfterValidator(_is_address)] | None = Field(
        None,
        description="where a caller by telephone is sent once a person has accepted them, such as "
        '"tel:{number}" or "sip:{number}@sip.example.com": they leave the call (SIP\'s REFER); without it, '
        "and for callers in browsers, the two are bridged",
    )

    refer: Literal["attended", "blind"] = Field(
        "attended",
        description="attended or blind: whether a person has to accept before a caller leaves by refer_to; "
        "blind, a caller by telephone is sent to the number at once, and nobody is told anything",
    )

    refer_headers: Mapping[Header, HeaderValue] = Field(
        {},
        description="SIP headers that are sent with it, such as "
        '{Diversion: "<sip:{called}@sip.telnyx.com>"}; {called} is the number that the caller has called',
    )

    def address_of(self, number: str) -> str:
        """Return the address for a caller who leaves for this number. Only with `refer_to`."""
        assert self.refer_to is not None
        return self.refer_to.format(number=number)

    def headers_for(self, called: str) -> dict[str, str]:
        """Return the transfer's headers. `called`: our number that the caller called; empty: it is hidden."""
        headers = self.refer_headers.items()
        return {name: value.format(called=called) for name, value in headers if called or "{" not in value}


@dataclass(frozen=True, slots=True)
class Line:
    """Where one person is called."""

    person: Person
    number: str
    keys: str
    hours: Hours | None

    def __repr__(self) -> str:
        return f"Line({self.person!r}, {self.masked})"

    @property
    def masked(self) -> str:
        """What may be shown of the number: its last two digits."""
        return f"…{self.number[-_SHOWN_DIGITS:]}"

    @property
    def key(self) -> str:
        """The digest of the number for the store: the same for the same number, no matter who has it."""
        return hashlib.sha256(self.number.encode()).hexdigest()[:32]

    def is_open(self, at_ms: int) -> bool:
        return self.hours is None or self.hours.is_open(at_ms)


@dataclass(frozen=True, slots=True)
class CallPlan:
    """Whom a role calls, and how. `lines`: in the order in which they are called."""

    rules: PhoneRules
    lines: tuple[Line, ...]
    rings_s: float

    @property
    def longest_wait_s(self) -> float:
        """Seconds until nobody is left to call, even if everybody answers and does not accept."""
        turns = len(self.lines) if self.rules.order == "in_turn" else 1
        return turns * (self.rings_s + ACCEPTS_WITHIN_S)


def is_allowed(number: str, prefixes: Sequence[str]) -> bool:
    """Whether the number begins with one of house.md's `prefixes`, so that it may be called."""
    return any(number.startswith(prefix) for prefix in prefixes)
