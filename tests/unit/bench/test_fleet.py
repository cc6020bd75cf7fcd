"""The simulated fleet writes at the pace of calls; calls that are carried well are told from the others."""

from __future__ import annotations

import pytest

from bench.fleet.scripts import SCRIPTS
from bench.fleet.workers import carries_well
from bench.load.plan import Heard


def test_a_call_writes_at_the_pace_of_a_real_one() -> None:
    writes = {script.name: script.rate(1_000) for script in SCRIPTS if script.is_write}
    assert writes == {"turn": 200, "costs": 50, "lease": 50}


@pytest.mark.parametrize(
    ("heard", "well"),
    [
        (Heard(room="1", greeted_s=1.9, turns_s=(1.0, 1.2), silences_s=(1.9, 1.2)), True),
        (Heard(room="1", greeted_s=2.1, turns_s=(1.0, 1.2), silences_s=(2.1, 1.2)), False),
        (Heard(room="1", greeted_s=1.0, turns_s=(1.0, 1.3), silences_s=(1.0, 1.3)), False),
        (Heard(room="1", greeted_s=1.0, turns_s=(1.0,), silences_s=(1.0, 2.6)), False),
        (Heard(room="1", greeted_s=1.0, turns_s=(1.0,), silences_s=(1.0,), unanswered=1), False),
        (
            Heard(room="1", greeted_s=1.0, turns_s=(1.0,), silences_s=(1.0,), lost="the room was closed"),
            False,
        ),
    ],
    ids=["as alone", "greeted late", "answered late", "a silence", "not answered", "lost"],
)
def test_a_call_is_carried_well_if_it_goes_as_one_alone(heard: Heard, *, well: bool) -> None:
    other = Heard(room="2", greeted_s=1.0, turns_s=(1.0,), silences_s=(1.0,))
    assert carries_well([other, heard], alone_s=1.0) is well
