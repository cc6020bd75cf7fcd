"""Guessing at tokens becomes slow for the guesser, and for nobody else."""

from __future__ import annotations

import pytest

from operators.auth import rate_limit as slowdown
from operators.auth.rate_limit import FIRST_WAIT_MS, LONGEST_WAIT_MS, QUIET_MS, REMEMBERED, Slowdown
from tests.support.api.desk import ANNA, Desk, StillClock, client, problem

HERE, THERE = "10.0.0.1", "10.0.0.2"


@pytest.fixture
def slow(clock: StillClock) -> Slowdown:
    return Slowdown(clock)


def test_each_failure_doubles_the_wait_up_to_a_limit(slow: Slowdown) -> None:
    waits = []
    for _ in range(10):
        slow.failed(HERE)
        waits.append(slow.wait_ms(HERE))
    assert waits[:4] == [FIRST_WAIT_MS, 2 * FIRST_WAIT_MS, 4 * FIRST_WAIT_MS, 8 * FIRST_WAIT_MS]
    assert waits[-1] == LONGEST_WAIT_MS


def test_the_wait_runs_out_and_quiet_is_forgiven(slow: Slowdown, clock: StillClock) -> None:
    for _ in range(3):
        slow.failed(HERE)
    clock.at += 4 * FIRST_WAIT_MS - 1
    assert slow.wait_ms(HERE) == 1
    clock.at += 1
    assert slow.wait_ms(HERE) == 0
    slow.failed(HERE)
    assert slow.wait_ms(HERE) == 8 * FIRST_WAIT_MS
    clock.at += QUIET_MS
    slow.failed(HERE)
    assert slow.wait_ms(HERE) == FIRST_WAIT_MS


def test_other_addresses_do_not_wait(slow: Slowdown) -> None:
    slow.failed(HERE)
    assert slow.wait_ms(THERE) == 0


def test_one_customers_ipv6_is_one_address(slow: Slowdown) -> None:
    slow.failed("2001:db8::1")
    assert slow.wait_ms("2001:db8::2:1") == FIRST_WAIT_MS
    assert slow.wait_ms("2001:db8:0:1::1") == 0


def test_what_is_remembered_is_limited(slow: Slowdown, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slowdown, "REMEMBERED", 3)
    for number in range(5):
        slow.failed(f"10.0.1.{number}")
    assert [slow.wait_ms(f"10.0.1.{number}") > 0 for number in range(5)] == [0, 0, 1, 1, 1]
    assert REMEMBERED == 10_000


async def test_who_guesses_is_told_when_to_come_again(desk: Desk) -> None:
    async with client(desk.app, "baton_guess", address=HERE) as guessing:
        problem(await guessing.get("/me"), "token-unknown")
        answer = await guessing.get("/me")
        problem(answer, "too-many-attempts")
        assert answer.headers["retry-after"] == "1"
        desk.clock.at += FIRST_WAIT_MS
        problem(await guessing.get("/me"), "token-unknown")


async def test_finding_7_a_good_token_never_waits_though_a_stranger_guesses_behind_the_same_proxy(
    desk: Desk,
) -> None:
    async with client(desk.app, "baton_guess", address=HERE) as guessing:
        for _ in range(5):
            assert (await guessing.get("/me")).status_code in {401, 429}
        problem(await guessing.get("/me"), "too-many-attempts")
        guessing.headers["Authorization"] = f"Bearer {desk.tokens[ANNA]}"  # not used from this address before
        assert (await guessing.get("/me")).status_code == 200
        answer = await guessing.post("/session", json={"token": desk.tokens[ANNA]})
        assert answer.status_code == 204


async def test_signing_in_is_slowed_down_as_well(desk: Desk) -> None:
    async with client(desk.app, address=HERE) as guessing:
        problem(await guessing.post("/session", json={"token": "one"}), "token-unknown")
        problem(await guessing.post("/session", json={"token": "two"}), "too-many-attempts")


async def test_no_token_at_all_is_no_attempt(desk: Desk) -> None:
    for _ in range(5):
        problem(await desk.nobody.get("/me"), "token-missing")
