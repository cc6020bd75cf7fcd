"""A call's holds, from its events."""

from __future__ import annotations

from dataclasses import replace

import pytest

from operators.holds import Hold, holds_of, on_hold_ms
from persistence.records import CallEnd
from tests.contract.building import CALL, HOLDER, OPERATOR, START, a_call, a_handoff
from tests.support.memory_store import MemoryStore

pytestmark = pytest.mark.looptime


async def test_each_hold_says_who_began_it_and_how_it_ended() -> None:
    store = MemoryStore()
    await store.open_call(a_call())
    await store.hold_call(CALL, by="Ann", at=START + 1)
    assert holds_of(await store.events(call_id=CALL)) == [Hold(START + 1, "Ann")]
    await store.resume_call(CALL, by=OPERATOR, at=START + 2)
    await store.hold_call(CALL, by="Ann", at=START + 3)
    await store.end_call(CALL, CallEnd.CALLER_LEFT, job=HOLDER, at=START + 9)
    assert holds_of(await store.events(call_id=CALL)) == [
        Hold(START + 1, "Ann", START + 2, OPERATOR, "front-desk"),
        Hold(START + 3, "Ann", START + 9, HOLDER, CallEnd.CALLER_LEFT),
    ]


def test_time_on_hold_counts_a_handoff_from_a_hold_once() -> None:
    holds = [Hold(START + 1_000, "Ann", START + 6_000), Hold(START + 20_000, "Ann")]
    handoffs = [
        replace(a_handoff(at=START + 2_000), on_hold_ms=3_000),  # within the first hold
        replace(a_handoff(at=START + 8_000), on_hold_ms=700),
        a_handoff(at=START + 9_000),  # nothing was measured
    ]
    assert on_hold_ms(holds, handoffs, now=START + 24_000) == 5_000 + 4_000 + 700
