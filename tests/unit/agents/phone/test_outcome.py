"""Every way in which a telephone is not answered has its own outcome and fitting words for it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from livekit.api import ServerErrorCode

from agents.phone.outcome import most_telling, outcome_of, tries_next
from agents.roster.handoff_lines import lines_for
from agents.roster.roster import Roster, load_roster
from persistence.phones import REASONS, DialState
from persistence.records import HandoffState, RoleName
from tests.phone.on_call import add_on_call

ROSTER = Path(__file__).parents[4] / "roster"
VOICES = ("autumn", "diana", "hannah", "austin", "daniel", "troy")
S = DialState


@pytest.mark.parametrize(
    ("sip_status", "code", "outcome"),
    [
        (486, ServerErrorCode.RESOURCE_EXHAUSTED, S.BUSY),
        (600, ServerErrorCode.RESOURCE_EXHAUSTED, S.BUSY),
        (480, ServerErrorCode.RESOURCE_EXHAUSTED, S.UNREACHABLE),
        (603, ServerErrorCode.PERMISSION_DENIED, S.DECLINED),
        (403, ServerErrorCode.PERMISSION_DENIED, S.TRUNK_REFUSED),
        (407, ServerErrorCode.PERMISSION_DENIED, S.TRUNK_REFUSED),
        (404, ServerErrorCode.NOT_FOUND, S.WRONG_NUMBER),
        (484, ServerErrorCode.INVALID_ARGUMENT, S.WRONG_NUMBER),
        (408, ServerErrorCode.DEADLINE_EXCEEDED, S.UNREACHABLE),
        (487, ServerErrorCode.CANCELED, S.NO_ANSWER),
        (488, ServerErrorCode.INVALID_ARGUMENT, S.UNREACHABLE),
        (500, ServerErrorCode.FAILED_PRECONDITION, S.UNREACHABLE),
        (503, ServerErrorCode.FAILED_PRECONDITION, S.UNREACHABLE),
        (608, ServerErrorCode.PERMISSION_DENIED, S.SCREENED),
        (None, ServerErrorCode.CANCELED, S.NO_ANSWER),
        (None, ServerErrorCode.DEADLINE_EXCEEDED, S.NO_ANSWER),
        (None, ServerErrorCode.UNAVAILABLE, S.UNREACHABLE),
        (None, ServerErrorCode.INTERNAL, S.UNREACHABLE),
        (None, ServerErrorCode.NOT_FOUND, S.TRUNK_REFUSED),
        (None, ServerErrorCode.FAILED_PRECONDITION, S.TRUNK_REFUSED),
    ],
)
def test_the_sip_status_decides_and_the_servers_code_only_without_one(
    sip_status: int | None, code: str, outcome: DialState
) -> None:
    assert outcome_of(sip_status, code) is outcome


def test_another_number_is_tried_unless_the_trunk_refuses() -> None:
    ends = {outcome for outcome in DialState if not outcome.is_open}
    assert {outcome for outcome in ends if not tries_next(outcome)} == {S.TRUNK_REFUSED}


def test_of_several_calls_what_a_person_did_is_told_first() -> None:
    assert most_telling([S.UNREACHABLE, S.MACHINE, S.BUSY]) is S.BUSY
    assert most_telling([S.NO_ANSWER, S.DECLINED]) is S.DECLINED
    assert most_telling([]) is S.UNREACHABLE


@pytest.mark.parametrize("outcome", list(REASONS))
def test_the_caller_is_told_in_words_what_came_of_the_call(roster: Roster, outcome: DialState) -> None:
    front_desk = roster.role("front-desk")
    lines = lines_for(roster, front_desk, RoleName("on-call"), asked=True)
    said = lines.back(HandoffState.DECLINED, REASONS[outcome])
    expected = {
        S.BUSY: "I am sorry, the engineer on call is on another call.",
        **dict.fromkeys(
            (S.NO_ANSWER, S.MACHINE, S.SCREENED, S.HUNG_UP, S.SILENT),
            "I am sorry, nobody answers the telephone at the engineer on call.",
        ),
        **dict.fromkeys(
            (S.UNREACHABLE, S.WRONG_NUMBER, S.TRUNK_REFUSED),
            "I am sorry, I cannot reach the engineer on call by telephone at the moment.",
        ),
    }
    assert said == expected.get(outcome, lines.declined)
    assert said in lines.all, "it is spoken beforehand, so it plays at once"


@pytest.fixture
def roster(tmp_path: Path) -> Roster:
    made = tmp_path / "roster"
    shutil.copytree(ROSTER, made)
    add_on_call(made)
    return load_roster(made, voices=VOICES)
