"""The summary model fails during a handoff: a digest replaces the summary, and nobody waits."""

from __future__ import annotations

import json

import pytest

from local.stack import Stack
from persistence.records import HandoffState, SummarySource
from settings import HandoffSettings
from tests.support.conversation import conversation
from tests.support.running import fault

pytestmark = pytest.mark.asyncio(loop_scope="session")

SAID = "I was charged twice for my last invoice"
TROUBLE = [
    pytest.param({"kind": "server_error", "count": 100}, id="it refuses", marks=pytest.mark.long),
    pytest.param({"kind": "stall", "count": 100, "stall_s": 60}, id="it says nothing"),
]


@pytest.mark.fault("A7")
@pytest.mark.parametrize("trouble", TROUBLE)
async def test_digest_takes_the_place_of_the_summary(stack: Stack, trouble: dict[str, object]) -> None:
    async with fault(stack, endpoint="chat", purpose="summary", **trouble), conversation(stack) as talk:
        await talk.is_greeted()
        await talk.says(SAID)
        await talk.meets_another(hears_out=False)
        row = await talk.handoff(HandoffState.COMPLETED)
        await talk.is_told("you were charged twice")
        opening = await talk.first_line("billing")
        summary = json.loads(row.summary or "{}")
        limits = HandoffSettings.model_fields

        assert row.summary_source is SummarySource.DIGEST
        assert summary["matter"] == row.reason
        assert SAID in summary["wanted"]
        assert row.reason in opening
        assert (row.ended_at or 0) - row.requested_at <= limits["handoff_limit_s"].default * 1000
