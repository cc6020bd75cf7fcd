"""One call on the real stack, steered by HTTP: approved, taken back, redirected, cancelled; two at once."""

from __future__ import annotations

import asyncio
import csv
import io

import pytest

from local.stack import Stack
from persistence.records import HandoffState
from tests.api.test_metrics import samples
from tests.api_live.desk import ANN, FIRST, Desk, Json, calling
from tests.support.conversation import Conversation
from tests.support.running import fault

pytestmark = pytest.mark.asyncio(loop_scope="session")

UNDECIDED = {"endpoint": "chat", "kind": "stall", "purpose": "screening", "count": 10, "stall_s": 60}
REASON = "the queue is long"
S = HandoffState


@pytest.mark.fault("C5")
@pytest.mark.fault("C13")
@pytest.mark.long  # tests/browser/test_steering.py does the same by the page, through the same API
async def test_a_call_is_handed_over_approved_taken_back_redirected_and_cancelled(
    stack: Stack, desk: Desk
) -> None:
    async with calling(stack, desk.operator) as talk:
        await talk.is_greeted()
        call = await desk.vic.call_in(talk.room)
        handoffs = f"/calls/{call['id']}/handoffs"

        approved = await _is_approved_by_another(desk, talk, handoffs)
        await talk.meets_another()
        await talk.handoff(S.COMPLETED)

        back = await desk.operator.post(f"/calls/{call['id']}/take-back", {}, status=201)
        assert back["target"] == "front-desk"
        await talk.meets_another()
        await talk.handoff(S.COMPLETED, number=2)

        async with fault(stack, **UNDECIDED):
            to_technical = {"target": "technical", "reason": REASON}
            third = await desk.operator.post(handoffs, to_technical, status=201)
            await talk.handoff(S.BRIEFING, number=3)
            await desk.ann.post(f"/handoffs/{third['id']}/redirect", {"target": "billing"}, status=200)
            await talk.meets_another()
            await talk.handoff(S.COMPLETED, number=3)

            fourth = await desk.operator.post(handoffs, to_technical, status=201)
            await talk.handoff(S.BRIEFING, number=4)
            await desk.ann.post(f"/handoffs/{fourth['id']}/cancel", {"reason": "a mistake"}, status=200)
            await talk.is_told("we will stay together")
        await talk.only_the_holder_is_left()
        assert REASON not in str([await talk.turns(), talk.caller.received])

        whole = await desk.vic.whole(call)
        assert whole["call"]["holder_role"] == "billing"
        ids = [one["id"] for one in (approved, back, third, fourth)]
        assert [one["id"] for one in whole["handoffs"]] == ids[::-1]
        await _is_told_of(desk, call, third)
        await _is_exported_and_measured(desk, call, ids)


async def _is_approved_by_another(desk: Desk, talk: Conversation, handoffs: str) -> Json:
    """Start a handoff twice with one key; another operator sees and approves it; the first is late."""
    body = {"target": "billing", "reason": REASON, "note": "be quick", "completes": "operator"}
    started = await desk.operator.post(handoffs, body, status=201, key="once")
    assert (await desk.operator.post(handoffs, body, status=200, key="once"))["id"] == started["id"]
    refused = await desk.ann.post(handoffs, {"target": "technical", "reason": REASON}, status=409)
    assert (refused["type"], refused["handoff_id"]) == ("urn:baton:problem:handoff-open", started["id"])
    await talk.handoff(S.ACCEPTED)
    way = f"/handoffs/{started['id']}/complete"
    assert (await desk.ann.post(way, status=200))["approved_by"] == ANN
    late = await desk.operator.post(way, status=409)
    assert (late["type"], late["by"], late["moved_to"]) == ("urn:baton:problem:stale-state", ANN, "approved")
    return started


async def _is_told_of(desk: Desk, call: Json, handoff: Json) -> None:
    told = await desk.vic.get(f"/handoffs/{handoff['id']}")
    assert [(one["target"], one["outcome"]) for one in told["attempts"]] == [
        ("technical", "cancelled"),
        ("billing", "completed"),
    ]
    assert {(one["moved_to"], one["actor"]) for one in told["events"]} >= {
        ("requested", FIRST),
        ("billing", ANN),
    }
    found = await desk.vic.get(f"/handoffs?call={call['id']}&outcome=cancelled&role=technical")
    assert [one["state"] for one in found["items"]] == ["cancelled"]


async def _is_exported_and_measured(desk: Desk, call: Json, ids: list[str]) -> None:
    period = f"call={call['id']}&since={call['started_at']}"
    as_csv, as_json, metrics = await asyncio.gather(
        desk.vic.text(f"/handoffs.csv?{period}"),
        desk.vic.get(f"/handoffs.json?{period}"),
        desk.vic.text("/metrics"),
    )
    assert [row["id"] for row in csv.DictReader(io.StringIO(as_csv))] == ids[::-1]
    assert [one["id"] for one in as_json] == ids[::-1]
    counted = samples(metrics)
    assert counted["baton_handoffs_total", (("outcome", "completed"), ("target", "billing"))] >= 2
    assert counted["baton_handoffs_total", (("outcome", "cancelled"), ("target", "technical"))] >= 1
    assert counted["baton_handoff_step_seconds_count", (("step", "accepted"),)] >= 3
    assert counted["baton_calls_held", ()] >= 1
