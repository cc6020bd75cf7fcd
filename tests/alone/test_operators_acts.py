"""One call on the real stack: an operator says, asks, notes, hands over with approval, and ends it."""

from __future__ import annotations

import statistics
from pathlib import Path

import pytest

from agents.roster.roster import load_roster
from local.stack import Stack
from persistence.records import OPERATOR, CallEnd, Completes, HandoffState, RequestKind, RequestState
from settings import GroqSettings
from tests.alone.operator import NAME, operator_of
from tests.support.conversation import ROW_LIMIT_S, conversation

pytestmark = pytest.mark.asyncio(loop_scope="session")

SEEN_WITHIN_MS = 250
MARGIN_MS = 250  # for storing that it is done, on a busy machine
QUESTION = "then please tell me your opening hours"


@pytest.mark.alone
async def test_an_operators_acts_without_a_nudge(stack: Stack) -> None:
    roster = load_roster(
        Path(stack.env["BATON_ROSTER_FOLDER"]), voices=GroqSettings.model_construct().voices.split()
    )
    async with conversation(stack) as talk, operator_of(talk) as operator:
        await talk.is_greeted()

        notes = [await operator.has(RequestKind.NOTE, f"note {number}") for number in range(5)]
        waits_ms = [(note.ended_at or 0) - note.requested_at for note in notes]
        assert [note.state for note in notes] == [RequestState.DONE] * 5
        assert statistics.median(waits_ms) <= SEEN_WITHIN_MS
        assert max(waits_ms) <= SEEN_WITHIN_MS + MARGIN_MS

        said = await operator.has(RequestKind.SAY, "We close a little later today.")
        assert (said.state, said.reason) == (RequestState.DONE, None)
        asked = await operator.has(RequestKind.ASK, QUESTION)
        assert (asked.state, asked.reason) == (RequestState.DONE, None)
        turns = [(turn.speaker, turn.text) for turn in await talk.turns()]
        assert turns[1:] == [
            ("front-desk", "We close a little later today."),
            (OPERATOR, QUESTION),
            ("front-desk", "We are open every day from eight to eight."),
        ]

        handoff = await operator.hands_over("billing", completes=Completes.OPERATOR)
        await talk.handoff(HandoffState.ACCEPTED)
        refused = await operator.has(RequestKind.SAY, "Hello?")
        assert (refused.state, refused.reason) == (RequestState.FAILED, "a handoff is under way")
        later = await operator.asks(RequestKind.NOTE, "patient")
        assert talk.caller.speakers() == tuple(talk.met)
        await operator.approves(handoff)
        await talk.meets_another()
        row = await talk.handoff(HandoffState.COMPLETED)
        assert (row.approved_by, row.requested_by) == (NAME, NAME)
        known = await operator.over(later)
        assert (known.state, known.taken_by) == (RequestState.DONE, row.target_job)

        end = await operator.asks(RequestKind.END)
        await talk.caller.is_hung_up_on(limit_s=ROW_LIMIT_S)
        call = await talk.ended()
        assert call.ended_how is CallEnd.OPERATOR
        assert (await operator.over(end)).state is RequestState.DONE
        assert (await talk.turns())[-1].text == roster.house.lines.goodbye
        events = await talk.events()
        assert ("request", HandoffState.ACCEPTED, "approved", NAME) in {
            (event.kind, event.moved_from, event.moved_to, event.actor) for event in events
        }
