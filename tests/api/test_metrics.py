"""Metrics: what happened in the store, each thing once, also over restarts; no ids, no words."""

from __future__ import annotations

import re

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from operators.api import metrics as meter
from operators.api.metrics import SETTLED_MS, Meter
from persistence.records import CALLER, CallEnd, HandoffState, Trouble
from tests.contract.building import HOLDER, START, a_call
from tests.support.api.building import handoff_of, many_calls
from tests.support.api.desk import Desk

S = HandoffState
Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def samples(page: str) -> Samples:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    }


async def measured(desk: Desk) -> Samples:
    return samples((await desk.vera.get("/metrics")).text)


async def a_day(desk: Desk) -> None:
    """A completed handoff and a cancelled one, a call that ended, models that failed."""
    completed, cancelled, ended = await many_calls(desk.store, 3)
    handoff = await handoff_of(desk.store, completed, S.COMPLETED)
    await desk.store.save_timings(handoff.id, seam_ms=420, silence_ms=1_900)
    await handoff_of(desk.store, cancelled, S.CANCELLED)
    await desk.store.end_call(ended.id, CallEnd.CALLER_LEFT, job=HOLDER, at=START + 3_000)
    for error in ("429", "429", "ReadTimeout"):
        await desk.store.note_trouble(Trouble(completed.id, "chat", error, START))


async def test_what_happened_is_counted_by_outcome_target_end_part_and_error(desk: Desk) -> None:
    await a_day(desk)
    desk.clock.at = START + SETTLED_MS + 60_000
    found = await measured(desk)
    expected: Samples = {
        ("baton_handoffs_total", (("outcome", "completed"), ("target", "billing"))): 1,
        ("baton_handoffs_total", (("outcome", "cancelled"), ("target", "billing"))): 1,
        ("baton_calls_ended_total", (("how", "caller_left"),)): 1,
        ("baton_calls_held", ()): 2,
        ("baton_groq_errors_total", (("error", "429"), ("part", "chat"))): 2,
        ("baton_groq_errors_total", (("error", "ReadTimeout"), ("part", "chat"))): 1,
        ("baton_handoff_seam_seconds_sum", ()): 0.42,
        ("baton_handoff_seam_seconds_count", ()): 1,
        ("baton_handoff_silence_seconds_sum", ()): 1.9,
        ("baton_handoff_step_seconds_count", (("step", "accepted"),)): 1,
        ("baton_handoff_step_seconds_count", (("step", "briefing"),)): 1,
        ("baton_handoff_step_seconds_count", (("step", "dispatching"),)): 1,
        ("baton_handoff_step_seconds_count", (("step", "requested"),)): 2,
    }
    assert {name: found[name] for name in expected} == expected


async def test_nothing_is_counted_twice_and_what_comes_later_is_added(desk: Desk) -> None:
    await a_day(desk)
    first = await measured(desk)
    assert {name: value for name, value in (await measured(desk)).items() if "lag" not in name[0]} == {
        name: value for name, value in first.items() if "lag" not in name[0]
    }
    late = await desk.store.open_call(a_call(call_id="call-3", room="room-3"))
    await handoff_of(desk.store, late, S.CANCELLED)
    cancelled = ("baton_handoffs_total", (("outcome", "cancelled"), ("target", "billing")))
    assert (await measured(desk))[cancelled] == first[cancelled] + 1


async def test_a_service_that_starts_anew_counts_from_the_beginning_in_pages(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(meter, "PAGE", 2)
    await a_day(desk)
    desk.clock.at = START + SETTLED_MS + 60_000
    old, registry = await measured(desk), CollectorRegistry()
    new = samples((await Meter(desk.store, desk.clock, registry).written()).decode())
    skipped = {"lag", "created"}
    assert {k: v for k, v in new.items() if not any(word in k[0] for word in skipped)} == {
        k: v for k, v in old.items() if not any(word in k[0] for word in skipped)
    }


async def test_what_a_caller_heard_is_waited_for(desk: Desk) -> None:
    (call,) = await many_calls(desk.store, 1)
    handoff = await handoff_of(desk.store, call, S.COMPLETED)
    count = ("baton_handoff_seam_seconds_count", ())
    assert (await measured(desk))[count] == 0
    await desk.store.save_timings(handoff.id, seam_ms=400, silence_ms=None)
    desk.clock.at = START + SETTLED_MS + 1
    assert (await measured(desk))[count] == 1


async def test_neither_ids_nor_words_nor_names_are_in_them(desk: Desk) -> None:
    await a_day(desk)
    call = (await desk.store.calls())[0]
    await desk.store.append_turn(call.id, CALLER, "My PIN is 1234", started_at=START, ended_at=START)
    await desk.anna.post("/calls/call-0/notes", json={"words": "a secret note"})
    page = (await desk.vera.get("/metrics")).text
    assert not re.search(r"call-\d|handoff-\d|room-|job-|anna|vera|1234|secret|a bill", page)


async def test_the_loops_own_lag_is_among_them(desk: Desk) -> None:
    assert ("baton_operators_loop_lag_seconds_count", ()) in await measured(desk)
