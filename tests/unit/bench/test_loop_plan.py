"""What the clients of the loop's benchmark ask for."""

from __future__ import annotations

from collections import Counter
from itertools import islice

from bench.loop.plan import SHARES, Ask, Plan, calls_needed, first_of_each, requests


def plan(**changed: object) -> Plan:
    calls = tuple(f"call-{number}" for number in range(calls_needed(3, 100, 10)))
    usual = {
        "url": "http://127.0.0.1:1",
        "token": "t",
        "seed": 7,
        "clients": 3,
        "pause_ms": 100,
        "warm_up_s": 2,
        "seconds": 8,
        "calls": calls,
        "handoffs": ("handoff-1", "handoff-2"),
    }
    return Plan.model_validate({**usual, **changed})


def test_the_same_seed_asks_for_the_same() -> None:
    assert list(islice(requests(plan(), 1), 50)) == list(islice(requests(plan(), 1), 50))
    assert list(islice(requests(plan(seed=8), 1), 50)) != list(islice(requests(plan(), 1), 50))


def test_every_call_is_started_in_once() -> None:
    wanted = [*first_of_each(plan()), *(each for client in range(3) for each in requests(plan(), client))]
    started = [each.subject for each in wanted if each.what is Ask.START]
    assert sorted(started) == sorted(plan().calls)


def test_the_mix_is_as_the_shares_say() -> None:
    many = plan(calls=tuple(f"call-{number}" for number in range(9_000)))
    found = Counter(each.what for each in islice(requests(many, 0), 5_000))
    for what, share in SHARES.items():
        assert abs(found[what] / 5_000 - share / sum(SHARES.values())) < 0.03


def test_the_calls_last_for_a_client_whose_every_answer_comes_at_once() -> None:
    for client in range(3):
        time_s = started = 0.0
        for each in requests(plan(), client):
            time_s += each.pause_s
            started += each.what is Ask.START
        assert time_s > 10


def test_pauses_are_as_long_as_asked_on_average() -> None:
    many = plan(calls=tuple(f"call-{number}" for number in range(9_000)))
    pauses = [each.pause_s for each in islice(requests(many, 0), 2_000)]
    assert abs(sum(pauses) / len(pauses) - 0.1) < 0.005
