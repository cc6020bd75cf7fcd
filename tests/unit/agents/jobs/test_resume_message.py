"""What an agent that replaces a lost one knows, and what it says first."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from agents.jobs.call_memory import Memory, remembered, remembered_facts
from agents.jobs.resume_message import FirstWords, first_words
from agents.process.spoken_prompts import prompts_of
from agents.roster.roster import load_roster
from persistence.records import (
    CALLER,
    CallId,
    Handoff,
    HandoffId,
    HandoffState,
    JobId,
    RoleName,
    SummarySource,
    Turn,
)
from settings import CallSettings, GroqSettings
from transfer.protocol import Fact

ROSTER = load_roster(
    Path(__file__).parents[4] / "roster", voices=GroqSettings.model_construct().voices.split()
)
LINES, NOTES = ROSTER.house.lines, ROSTER.house.notes
DESK, BILLING = ROSTER.role("front-desk"), ROSTER.role("billing")
CALL = CallId("call-1")
SUMMARY = {
    "matter": "you were charged twice",
    "done": "listened",
    "wanted": "money back",
    "mood": "calm",
    "facts": {"invoice": "17"},
}
DONE = Handoff(
    id=HandoffId("handoff-1"),
    call_id=CALL,
    from_role=DESK.id,
    from_job=JobId("job-1"),
    target=BILLING.id,
    reason="you were charged twice",
    requested_by="model",
    idempotency_key="key-1",
    state=HandoffState.COMPLETED,
    requested_at=0,
    summary=json.dumps(SUMMARY),
    summary_source=SummarySource.MODEL,
    ended_at=1,
)
OPEN = replace(
    DONE,
    id=HandoffId("handoff-2"),
    state=HandoffState.BRIEFING,
    summary=None,
    summary_source=None,
    ended_at=None,
)


def said(*speakers: str) -> list[Turn]:
    return [
        Turn(CALL, number, speaker, f"words {number}", number, number)
        for number, speaker in enumerate(speakers, 1)
    ]


def test_an_unanswered_caller_is_answered() -> None:
    turns = said(DESK.id, CALLER)
    assert first_words(DESK, LINES, turns, Memory()) == FirstWords(LINES.recovered, reply=True)


def test_a_caller_who_may_have_spoken_meanwhile_is_asked_for_that_alone() -> None:
    turns = said(DESK.id, CALLER, DESK.id)
    assert first_words(DESK, LINES, turns, Memory()) == FirstWords(LINES.recovered_listening)


def test_a_caller_who_was_not_greeted_to_the_end_is_greeted() -> None:
    assert first_words(DESK, LINES, [], Memory()) == FirstWords(LINES.recovered, then=DESK.greeting)


def test_a_role_that_had_just_taken_over_says_who_it_is() -> None:
    words = first_words(BILLING, LINES, said(DESK.id, CALLER, DESK.id), Memory([DONE]))
    assert words == FirstWords(LINES.recovered, then=BILLING.opening_line("you were charged twice"))


def test_a_handoff_that_was_under_way_goes_on_and_nothing_is_answered() -> None:
    words = first_words(DESK, LINES, said(DESK.id, CALLER), Memory([DONE, OPEN]))
    assert words == FirstWords(LINES.recovered)


@pytest.mark.fault("A6")
def test_it_knows_all_that_was_said_as_the_two_sides_said_it() -> None:
    context = remembered(
        NOTES,
        Memory([DONE], ["be patient"]),
        said(DESK.id, CALLER, BILLING.id),
        {"plan": Fact(value="M", source="tool")},
    )
    system, data, *talk = [item for item in context.items if item.type == "message"]
    assert [(item.role, item.text_content) for item in talk] == [
        ("assistant", "words 1"),
        ("user", "words 2"),
        ("assistant", "words 3"),
    ]
    for known in (NOTES.cut_off, "be patient"):
        assert known in str(system.text_content)
    for known in ("you were charged twice", "money back", '{"name": "plan", "value": "M", "source": "tool"}'):
        assert known in str(data.text_content)


def test_facts_are_those_of_all_who_had_the_call_and_of_their_summaries() -> None:
    attributes = dict.fromkeys((*DESK.facts, *BILLING.facts), "known")
    facts = remembered_facts(ROSTER, BILLING, Memory([DONE]), {**attributes, "secret": "x"})
    assert {name: fact.value for name, fact in facts.items()} == {**attributes, "invoice": "17"}
    assert {fact.source for name, fact in facts.items() if name != "invoice"} == {"token"}
    gone = replace(DONE, from_role=RoleName("a-role-of-then"))
    assert remembered_facts(ROSTER, BILLING, Memory([gone]), {})["invoice"].value == "17"


def test_every_line_of_going_on_is_prepared() -> None:
    prepared = prompts_of(ROSTER, CallSettings.model_construct())
    for role in ROSTER.roles.values():
        assert {(role.voice, LINES.recovered), (role.voice, LINES.recovered_listening)} <= set(prepared)
