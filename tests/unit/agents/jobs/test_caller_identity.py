"""A caller's name and number, out of what LiveKit tells of a participant."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from livekit import rtc

from agents.jobs.caller_identity import NUMBER, Known, back_at, known_of, name_of, number_of
from persistence.numbers import hashed
from settings import KeepingSettings

SIP, STANDARD = rtc.ParticipantKind.PARTICIPANT_KIND_SIP, rtc.ParticipantKind.PARTICIPANT_KIND_STANDARD


@pytest.mark.parametrize(
    ("kind", "name", "attributes", "told"),
    [
        (STANDARD, " Anna\n Müller ", {}, ("Anna Müller", "")),
        (STANDARD, "", {}, ("", "")),
        (STANDARD, "Phone Booth", {}, ("Phone Booth", "")),
        (SIP, "Phone +4917012", {"sip.phoneNumber": "+4917012"}, ("", "+4917012")),
        (SIP, "Phone 12", {}, ("", "")),
        (SIP, "Anna", {"sip.phoneNumber": "+4917012"}, ("Anna", "+4917012")),
        (STANDARD, "a" * 300, {}, ("a" * 200, "")),
    ],
)
def test_a_name_and_a_number_are_kept_if_there_are_any(
    kind: int, name: str, attributes: dict[str, str], told: tuple[str, str]
) -> None:
    caller: Any = SimpleNamespace(kind=kind, name=name, attributes=attributes)
    assert (name_of(caller), number_of(caller)) == told


@pytest.mark.parametrize(
    ("joined", "agent_joined", "told"),
    [(None, 100, 90_000), (93, None, 90_000), (93, 100, 83_000), (100, 93, 90_000)],
)
def test_a_caller_is_back_when_they_join_and_not_when_an_agent_comes_by_whichever_clock(
    joined: int | None, agent_joined: int | None, told: int
) -> None:
    caller, agent = at(joined), at(agent_joined)
    assert back_at(caller, agent, now=90_000) == told


def at(joined: int | None) -> Any:
    """Somebody who joined at this second of livekit-server's clock."""
    return SimpleNamespace(joined_at=None if joined is None else datetime.fromtimestamp(joined, UTC))


@pytest.mark.parametrize(
    ("name", "told"), [("Anna 12", "Anna 12"), ("Anna 0170-1234567", ""), ("49170", ""), ("", "")]
)
def test_finding_11_with_a_key_neither_the_number_nor_the_name_tells_the_number(name: str, told: str) -> None:
    caller: Any = SimpleNamespace(kind=SIP, name=name, attributes={NUMBER: "+49170 1234567"})
    known = known_of(caller, KeepingSettings(number_key="k" * 32))
    assert (known.name, known.number) == (told, hashed("+491701234567", "k" * 32))
    assert known_of(caller, KeepingSettings()) == Known(name, "+49170 1234567")
