"""A caller's name and number, out of what LiveKit tells of a participant."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from livekit import rtc

from agents.jobs.caller_identity import name_of, number_of

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
