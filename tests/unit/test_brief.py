"""What a target is told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from persistence.records import CALLER, HandoffState
from tests.contract.building import a_handoff
from tests.handoff_world import TURNS, lines
from transfer.brief import FEWEST_TURNS, make_brief

MANY = [replace(TURNS[0], seq=number, text=f"turn {number}") for number in range(1, 21)]


@pytest.mark.parametrize(("last", "told"), [(None, 20), (6, 6), (50, 20), (FEWEST_TURNS, 4), (0, 1)])
def test_as_many_turns_as_wanted_and_always_the_one_that_led_to_the_handoff(
    last: int | None, told: int
) -> None:
    brief = make_brief(a_handoff(), turns=MANY, facts={"order": "17"}, last=last)
    assert len(brief.turns) == told
    assert (brief.turns[-1].speaker, brief.turns[-1].text) == (CALLER, "turn 20")
    assert brief.reason == a_handoff().reason
    assert brief.facts == {"order": "17"}


def test_a_call_without_turns_has_a_brief_too() -> None:
    assert make_brief(a_handoff(), turns=[], facts={}).turns == ()


@pytest.mark.parametrize(
    ("outcome", "line"),
    [
        (HandoffState.DECLINED, "billing cannot."),
        (HandoffState.UNANSWERED, "billing did not answer."),
        (HandoffState.CANCELLED, "We stay together."),
        (HandoffState.FAILED, "billing did not work."),
    ],
)
def test_the_caller_is_told_what_came_of_it(outcome: HandoffState, line: str) -> None:
    assert lines(a_handoff().target).back(outcome) == line
