"""In a rolling deploy, a newer version writes words that a call's agents do not know: the call continues."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from local.stack import Stack
from persistence.records import Handoff, HandoffState, RequestState
from persistence.words import is_known
from tests.support.conversation import conversation
from tests.support.database import file_of
from tests.support.driving import (
    AT_ONCE_LIMIT_MS,
    TO_BILLING,
    hangs_up,
    kill_holder,
    losses,
    most_at_once_ms,
    recovered_by,
)

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.fault("A8"), pytest.mark.long]

_WRITTEN = (
    "PRAGMA ignore_check_constraints = ON",
    "UPDATE attempts SET outcome = 'passed on' WHERE handoff_id = :handoff",
    "UPDATE handoffs SET completes = 'by vote', summary_source = 'both' WHERE id = :handoff",
    """
    INSERT INTO operator_requests (
        id, call_id, room, kind, words, requested_by, idempotency_key, requested_at, state, moved_by
    ) VALUES ('newer', :call, 'room', 'sing', 'a song', 'anna', 'newer', 1, 'requested', 'anna')
    """,
    """
    INSERT INTO messages (
        id, call_id, role, from_role, words, for_whom, reach, left_at, state, moved_at, moved_by
    ) VALUES ('newer', :call, 'billing', 'front-desk', 'Please call.', '', '030', 1, 'forwarded', 1, 'anna')
    """,
)


async def test_a_call_with_a_newer_versions_words_is_recovered_and_they_are_left_alone(stack: Stack) -> None:
    async with conversation(stack) as talk:
        await talk.is_greeted()
        await talk.says(TO_BILLING)
        await talk.meets_another()
        writes_as_a_newer_version(stack, await talk.handoff(HandoffState.COMPLETED))
        await talk.says("what are your opening hours")
        await talk.is_answered()
        lost = await kill_holder(talk)
        await recovered_by(talk, lost)
        await talk.meets_another()
        await talk.says("what are your opening hours")
        await talk.is_answered()
        (request,) = await talk.store.requests((await talk.call()).id)
        assert (request.kind, request.state) == ("sing", RequestState.REQUESTED)
        assert not is_known(request.kind)
        assert len(await losses(talk)) == 1
        assert most_at_once_ms(talk) <= AT_ONCE_LIMIT_MS
        await hangs_up(talk)


def writes_as_a_newer_version(stack: Stack, handoff: Handoff) -> None:
    with closing(sqlite3.connect(file_of(stack.store), isolation_level=None)) as newer:
        for statement in _WRITTEN:
            newer.execute(statement, {"handoff": handoff.id, "call": handoff.call_id})
