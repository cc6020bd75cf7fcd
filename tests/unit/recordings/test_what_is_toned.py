"""The tracks of a recording in which a redacted turn becomes a tone."""

from __future__ import annotations

import pytest

from operators.recordings import plan_of
from persistence.recording import MUSIC
from persistence.records import CALLER, OPERATOR, Turn
from tests.contract.building import BILLING, CALL, FRONT_DESK, START, a_call

REDACTED = "it is [card number ending 1111]"


@pytest.mark.parametrize(
    ("speaks", "toned"),
    [
        (CALLER, {CALLER}),
        (OPERATOR, {OPERATOR}),
        (BILLING, {BILLING, FRONT_DESK}),  # as a second person, billing's is heard in the front desk's track
        (FRONT_DESK, {BILLING, FRONT_DESK}),
    ],
)
def test_a_redacted_turn_is_a_tone_wherever_its_speaker_may_be_heard(speaks: str, toned: set[str]) -> None:
    turns = [
        Turn(CALL, 1, speaks, REDACTED, START + 1_000, START + 2_000),
        Turn(CALL, 2, speaks, "thank you", START + 3_000, START + 4_000),
    ]
    tracks = (CALLER, OPERATOR, MUSIC, BILLING, FRONT_DESK)
    plans = [plan_of(a_call(), [], turns, track, now=START + 9_000) for track in tracks]
    assert {track for track, plan in zip(tracks, plans, strict=True) if plan.toned} == toned
    assert {plan.toned for plan in plans if plan.toned} == {((START + 700, START + 2_000),)}
