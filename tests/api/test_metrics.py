"""Metrics count everything in the store once, even across restarts, and contain no ids and no speech."""

from __future__ import annotations

import re

from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from agents.groq.prices import load_prices
from operators.api.metrics.call_metrics import SEAM_BOUNDS_MS, Metrics
from persistence.contract.handoffs import Timings
from persistence.records import (
    CALLER,
    Call,
    CallEnd,
    Cost,
    HandoffState,
    Lookup,
    ToolUse,
    ToolUseId,
    ToolUseState,
    Trouble,
    Used,
    WorkerId,
)
from settings import WorkerSettings
from tests.contract.building import BILLING, HOLDER, START, TARGET, a_call
from tests.support.api.building import handoff_of, many_calls
from tests.support.api.desk import Desk

S = HandoffState
ORPHEUS = "canopylabs/orpheus-v1-english"
SEAM = "baton_handoff_seam_seconds"
Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def samples(page: str) -> Samples:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    }


async def measured(desk: Desk) -> Samples:
    return samples((await desk.vera.get("/metrics")).text)


def a_use(call: Call) -> ToolUse:
    """A use of a tool with which the holder looks an invoice up."""
    return ToolUse(
        ToolUseId("use-1"),
        call.id,
        0,
        BILLING,
        "look_up",
        "{}",
        "hash",
        "key",
        once=False,
        job=TARGET,
        began_at=START,
    )


async def a_day(desk: Desk) -> None:
    """Fill the store: a completed handoff, a cancelled one, an ended call, models that failed."""
    completed, cancelled, ended = await many_calls(desk.store, 3)
    handoff = await handoff_of(desk.store, completed, S.COMPLETED)
    await desk.store.save_timings(handoff.id, Timings(seam_ms=420, silence_ms=1_900))
    await handoff_of(desk.store, cancelled, S.CANCELLED)
    use = await desk.store.begin_tool_use(a_use(completed))
    await desk.store.end_tool_use(use.id, ToolUseState.DONE, job=use.job, answer="paid", at=START + 2_000)
    await desk.store.note_lookup(completed.id, "a.md: Refunds", Lookup.FOUND, by=TARGET, at=START)
    await desk.store.end_call(ended.id, CallEnd.CALLER_LEFT, job=HOLDER, at=START + 3_000)
    for error in ("429", "429", "ReadTimeout"):
        await desk.store.note_trouble(Trouble(completed.id, "chat", error, START))
    spoken, guessed = Used(requests=3, characters=2_000_000), Used(requests=1, characters=500)
    await desk.store.save_costs(
        [Cost(ended.id, HOLDER, ORPHEUS, wrong, used) for wrong, used in ((False, spoken), (True, guessed))]
    )


async def test_events_are_counted_by_outcome_target_end_part_and_error(desk: Desk) -> None:
    await a_day(desk)
    found = await measured(desk)
    expected: Samples = {
        ("baton_handoffs_total", (("outcome", "completed"), ("target", "billing"))): 1,
        ("baton_handoffs_total", (("outcome", "cancelled"), ("target", "billing"))): 1,
        ("baton_calls_ended_total", (("how", "caller_left"),)): 1,
        ("baton_calls_held", ()): 2,
        ("baton_calls_in_line", ()): 0,
        ("baton_tool_uses_total", (("outcome", "done"), ("tool", "look_up"))): 1,
        ("baton_tool_seconds_sum", (("tool", "look_up"),)): 2,
        ("baton_knowledge_lookups_total", (("outcome", "found"),)): 1,
        ("baton_groq_errors_total", (("error", "429"), ("part", "chat"))): 2,
        ("baton_groq_errors_total", (("error", "ReadTimeout"), ("part", "chat"))): 1,
        ("baton_groq_requests", (("model", ORPHEUS), ("thrown_away", "no"))): 3,
        ("baton_groq_characters", (("model", ORPHEUS), ("thrown_away", "yes"))): 500,
        ("baton_groq_dollars", (("model", ORPHEUS), ("thrown_away", "no"))): 44,
        ("baton_handoff_seam_seconds_sum", ()): 0.42,
        ("baton_handoff_seam_seconds_count", ()): 1,
        ("baton_handoff_silence_seconds_sum", ()): 1.9,
        ("baton_handoff_step_seconds_count", (("step", "accepted"),)): 1,
        ("baton_handoff_step_seconds_count", (("step", "briefing"),)): 1,
        ("baton_handoff_step_seconds_count", (("step", "dispatching"),)): 1,
        ("baton_handoff_step_seconds_count", (("step", "requested"),)): 2,
    }
    assert {name: found[name] for name in expected} == expected


async def test_nothing_is_counted_twice_and_later_handoffs_are_added(desk: Desk) -> None:
    await a_day(desk)
    first = await measured(desk)
    assert {name: value for name, value in (await measured(desk)).items() if "lag" not in name[0]} == {
        name: value for name, value in first.items() if "lag" not in name[0]
    }
    late = await desk.store.open_call(a_call(call_id="call-3", room="room-3"))
    await handoff_of(desk.store, late, S.CANCELLED)
    cancelled = ("baton_handoffs_total", (("outcome", "cancelled"), ("target", "billing")))
    assert (await measured(desk))[cancelled] == first[cancelled] + 1


async def test_a_restarted_service_counts_from_the_beginning(desk: Desk) -> None:
    await a_day(desk)
    prices = load_prices(WorkerSettings())
    old, registry = await measured(desk), CollectorRegistry()
    new = samples((await Metrics(desk.store, registry, prices, desk.clock).page()).decode())
    skipped = {"lag", "created"}
    assert {k: v for k, v in new.items() if not any(word in k[0] for word in skipped)} == {
        k: v for k, v in old.items() if not any(word in k[0] for word in skipped)
    }


async def test_a_seam_that_is_measured_after_the_handoffs_end_is_counted(desk: Desk) -> None:
    (call,) = await many_calls(desk.store, 1)
    handoff = await handoff_of(desk.store, call, S.COMPLETED)
    count = ("baton_handoff_seam_seconds_count", ())
    assert (await measured(desk))[count] == 0
    await desk.store.save_timings(handoff.id, Timings(seam_ms=400))
    assert (await measured(desk))[count] == 1


async def test_a_limit_that_is_spent_is_told_with_the_seconds_until_it_has_room(desk: Desk) -> None:
    assert not any(name == "baton_groq_limit_spent_seconds" for name, _ in await measured(desk))
    for account, seconds in (("ours", 2_170), ("another", 60)):
        await desk.store.note_spent_limit(account, ORPHEUS, day=True, for_s=seconds)
    left = (await measured(desk))["baton_groq_limit_spent_seconds", (("limit", "day"), ("model", ORPHEUS))]
    assert 2_100 < left <= 2_170


async def test_metrics_hold_no_ids_no_words_and_no_names(desk: Desk) -> None:
    await a_day(desk)
    call = (await desk.store.calls())[0]
    await desk.store.append_turn(call.id, CALLER, "My password is xyzzy", started_at=START, ended_at=START)
    await desk.anna.post("/calls/call-0/notes", json={"words": "a secret note"})
    page = (await desk.vera.get("/metrics")).text
    assert not re.search(r"call-\d|handoff-\d|room-|job-|anna|vera|xyzzy|secret|a bill", page)


async def test_metrics_include_the_event_loops_lag(desk: Desk) -> None:
    assert ("baton_operators_loop_lag_seconds_count", ()) in await measured(desk)


async def test_a_duration_counts_in_every_bucket_from_its_own_upwards(desk: Desk) -> None:
    await a_day(desk)
    found = await measured(desk)
    buckets = {dict(labels)["le"]: n for (name, labels), n in found.items() if name == f"{SEAM}_bucket"}
    assert buckets == {str(ms / 1000): float(ms >= 420) for ms in SEAM_BOUNDS_MS} | {"+Inf": 1}


async def test_workers_are_counted_with_the_places_that_they_have_free(desk: Desk) -> None:
    found = await measured(desk)
    assert (found["baton_free_places", ()], found["baton_workers", (("state", "taking"),)]) == (0, 0)
    for worker, room_for, draining in (("one", 7, False), ("two", 4, False), ("three", 9, True)):
        await desk.store.keep_lease(
            WorkerId(worker), "host", lease_s=60, draining=draining, room_for=room_for
        )
    found = await measured(desk)
    assert found["baton_free_places", ()] == 11
    assert found["baton_workers", (("state", "taking"),)] == 2
    assert found["baton_workers", (("state", "draining"),)] == 1
