"""The account: what calls cost, as each process sums it up, and Groq's limits that are spent."""

from __future__ import annotations

from dataclasses import replace

import pytest

from errors import StoreRefused
from persistence.contract.store import Store
from persistence.records import CallId, Cost, SpentLimit, Used, WorkerId
from tests.contract.building import CALL, HOLDER, START, TARGET, WORKER, a_call
from tests.contract.conftest import StoreClock

CHAT, EAR = "openai/gpt-oss-120b", "whisper-large-v3-turbo"
OURS = "our-key"
ANSWERED = Cost(
    CALL, HOLDER, CHAT, False, Used(requests=2, untold=1, prompt_tokens=900, completion_tokens=40)
)
HEARD = Cost(CALL, HOLDER, EAR, False, Used(requests=1, audio_ms=1_234, billed_audio_ms=10_000))


async def test_sums_that_are_written_again_replace_the_earlier_ones(store: Store, other: Store) -> None:
    await store.open_call(a_call())
    await store.save_costs([ANSWERED, HEARD])
    grown = replace(ANSWERED, used=replace(ANSWERED.used, requests=3, prompt_tokens=1_400))
    await store.save_costs([grown, HEARD])
    await store.save_costs([grown, HEARD])  # as a process that does not know whether it was written
    assert list(await other.costs(CALL)) == [grown, HEARD]


async def test_each_process_and_what_was_thrown_away_have_rows_of_their_own(store: Store) -> None:
    await store.open_call(a_call())
    wrong = replace(ANSWERED, thrown_away=True)
    target = replace(ANSWERED, job=TARGET)
    await store.save_costs([ANSWERED])
    await store.save_costs([wrong])
    await store.save_costs([target])
    assert list(await store.costs(CALL)) == [ANSWERED, target, wrong]


async def test_all_calls_are_summed_by_model(store: Store) -> None:
    second = CallId("call-2")
    await store.open_call(a_call())
    await store.open_call(a_call(call_id=second, room="room-2"))
    await store.save_costs([ANSWERED, HEARD])
    await store.save_costs([replace(HEARD, call_id=second), replace(HEARD, call_id=second, thrown_away=True)])
    assert dict(await store.costs_by_model()) == {
        (CHAT, False): ANSWERED.used,
        (EAR, False): Used(requests=2, audio_ms=2_468, billed_audio_ms=20_000),
        (EAR, True): HEARD.used,
    }


async def test_costs_of_an_unknown_call_are_refused(store: Store) -> None:
    with pytest.raises(StoreRefused):
        await store.save_costs([ANSWERED])


async def test_a_spent_limit_is_known_to_others_until_it_is_over(
    store: Store, other: Store, clock: StoreClock
) -> None:
    await store.note_spent_limit(OURS, CHAT, day=True, for_s=2_170)
    clock.now += 1_000
    assert list(await other.spent_limits()) == [
        SpentLimit(OURS, CHAT, day=True, since=START, until=START + 2_170_000, left_ms=2_169_000)
    ]
    clock.now += 2_169_000
    assert list(await other.spent_limits()) == []


async def test_the_longer_time_counts_whoever_wrote_it_first(
    store: Store, other: Store, clock: StoreClock
) -> None:
    await store.note_spent_limit(OURS, CHAT, day=True, for_s=600)
    clock.now += 1_000
    await other.note_spent_limit(OURS, CHAT, day=False, for_s=20)
    (known,) = await store.spent_limits()
    assert (known.day, known.since, known.left_ms) == (True, START, 599_000)
    await other.note_spent_limit(OURS, CHAT, day=True, for_s=900)
    (known,) = await store.spent_limits()
    assert (known.day, known.since, known.left_ms) == (True, START, 900_000)


async def test_a_limit_that_is_spent_anew_begins_anew(store: Store, clock: StoreClock) -> None:
    await store.note_spent_limit(OURS, EAR, day=True, for_s=10)
    clock.now += 60_000
    await store.note_spent_limit(OURS, EAR, day=False, for_s=5)
    assert list(await store.spent_limits()) == [
        SpentLimit(OURS, EAR, day=False, since=clock.now, until=clock.now + 5_000, left_ms=5_000)
    ]


async def test_a_lifted_limit_is_gone_and_no_other_models_or_accounts(store: Store, other: Store) -> None:
    await store.note_spent_limit(OURS, CHAT, day=False, for_s=20)
    await store.note_spent_limit(OURS, EAR, day=False, for_s=20)
    await store.note_spent_limit("another-key", CHAT, day=False, for_s=20)
    await other.lift_spent_limit(OURS, CHAT)
    left = await store.spent_limits()
    assert [(limit.account, limit.model) for limit in left] == [("another-key", CHAT), (OURS, EAR)]


async def test_calls_of_other_workers_are_counted_but_not_those_in_line(store: Store) -> None:
    await store.open_call(a_call())
    await store.open_call(replace(a_call(call_id="call-2", room="room-2"), worker=WorkerId("another")))
    in_line = replace(a_call(call_id="call-3", room="room-3"), worker=WorkerId("another"), queued_at=START)
    await store.open_call(in_line)
    assert await store.calls_of_others(but=WORKER) == 1
