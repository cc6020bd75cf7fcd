"""A caller's name and number, from what LiveKit says about a participant."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from livekit import rtc

from agents.jobs.caller_identity import (
    NUMBER,
    Known,
    back_at,
    caller_in,
    known_of,
    name_of,
    number_called_by,
    number_of,
)
from agents.session.context import facts_of
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
    """Return a participant who joined at this second of livekit-server's clock."""
    return SimpleNamespace(joined_at=None if joined is None else datetime.fromtimestamp(joined, UTC))


@pytest.mark.parametrize(
    ("name", "told"), [("Anna 12", "Anna 12"), ("Anna 0170-1234567", ""), ("49170", ""), ("", "")]
)
def test_finding_11_with_a_key_neither_the_number_nor_the_name_tells_the_number(name: str, told: str) -> None:
    caller: Any = SimpleNamespace(kind=SIP, name=name, attributes={NUMBER: "+49170 1234567"})
    known = known_of(caller, KeepingSettings(number_key="k" * 32))
    assert (known.name, known.number) == (told, hashed("+491701234567", "k" * 32))
    assert known_of(caller, KeepingSettings()) == Known(name, "+49170 1234567")


@pytest.mark.fault("T25")
@pytest.mark.parametrize(
    ("told", "number"),
    [
        ("+49170 1234567", "+49170 1234567"),
        ("anonymous", ""),
        ("Anonymous", ""),
        ("+266696687", ""),
        ("restricted", ""),
        ("alice", ""),
        ("", ""),
    ],
)
def test_a_caller_who_hides_their_number_has_none(told: str, number: str) -> None:
    caller: Any = SimpleNamespace(kind=SIP, name=f"Phone {told}", attributes={NUMBER: told})
    assert known_of(caller, KeepingSettings(number_key=None)) == Known("", number)
    role: Any = SimpleNamespace(facts=(NUMBER, "sip.trunkPhoneNumber", "customer.number"))
    facts = facts_of(role, {NUMBER: told, "sip.trunkPhoneNumber": "+493012345678", "customer.number": "17"})
    assert {name: fact.source for name, fact in facts.items()} == {
        **({NUMBER: "trunk"} if number else {}),
        "sip.trunkPhoneNumber": "trunk",
        "customer.number": "token",
    }


INBOUND = {"sip.ruleID": "SDR_1", "sip.trunkPhoneNumber": "+493012345678"}


@pytest.mark.looptime
async def test_somebody_whom_we_called_is_no_caller() -> None:
    def participant(identity: str, kind: int, **attributes: str) -> Any:
        return SimpleNamespace(identity=identity, kind=kind, joined_at=None, attributes=attributes)

    called = participant("sip_anna", SIP)
    calls: Any = participant("sip_+4917012", SIP, **INBOUND)
    room: Any = SimpleNamespace(on=lambda *_: None, off=lambda *_: None, remote_participants={"a": called})
    assert await caller_in(room, None, 1.0) is None
    assert await caller_in(room, "sip_anna", 1.0) is called, "a dispatch may name them"
    room.remote_participants["b"] = calls
    found: Any = await caller_in(room, None, 1.0)
    assert found is calls
    assert number_called_by(calls) == "+493012345678"
    assert number_called_by(participant("c", SIP, **{"sip.trunkPhoneNumber": "+493012345678"})) == ""
