"""A role's own tools are slow, or never answer: the caller hears words, and the call continues."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from local.stack import Stack
from persistence.records import ToolUseState
from tests.acceptance.roles.archive import ENDLESS, FOUND, NOT_FOUND, SECRET, SLOW
from tests.support.conversation import conversation
from tests.support.database import file_of

pytestmark = pytest.mark.asyncio(loop_scope="session")

LONGEST_SILENCE_MS = 2_000


async def test_while_a_tool_works_the_caller_hears_words_one_that_never_answers_ends_and_secrets_stay(
    stack: Stack,
) -> None:
    async with conversation(stack, role="archive") as talk:
        await talk.is_greeted()
        for line, answer in ((SLOW, FOUND), (ENDLESS, NOT_FOUND)):
            await talk.says(line)
            await talk.is_told(answer)
            assert talk.silence_since(talk.said.end_ms) <= LONGEST_SILENCE_MS
        call = await talk.call()
        uses = await talk.store.tool_uses(call.id)
        events = await talk.events()
    assert call.ended_at is None
    assert [(use.tool, use.state) for use in uses] == [
        ("old_bill", ToolUseState.DONE),
        ("new_contract", ToolUseState.LATE),
    ]
    assert uses[0].answer == "30 euros, pin •••"
    assert SECRET not in str([*uses, *events])
    assert [path.name for path in _kept(stack) if SECRET.encode() in path.read_bytes()] == ["script.yaml"]


def _kept(stack: Stack) -> Sequence[Path]:
    """Returns the files that the stack writes: database, logs, lines. The stand-in is the model, not ours."""
    written = file_of(stack.store).parent.rglob("*")
    return [path for path in written if path.is_file() and path.name != "stand-in.log"]
