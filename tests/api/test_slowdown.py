"""Guessing at tokens becomes slow, for who guesses and for nobody else."""

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
        slow.failed(HERE, "wrong")
        waits.append(slow.wait_ms(HERE, "another"))
    assert waits[:4] == [FIRST_WAIT_MS, 2 * FIRST_WAIT_MS, 4 * FIRST_WAIT_MS, 8 * FIRST_WAIT_MS]
    assert waits[-1] == LONGEST_WAIT_MS


def test_the_wait_runs_out_and_quiet_is_forgiven(slow: Slowdown, clock: StillClock) -> None:
    for _ in range(3):
        slow.failed(HERE, "wrong")
    clock.at += 4 * FIRST_WAIT_MS - 1
    assert slow.wait_ms(HERE, "another") == 1
    clock.at += 1
    assert slow.wait_ms(HERE, "another") == 0
    slow.failed(HERE, "wrong")
    assert slow.wait_ms(HERE, "another") == 8 * FIRST_WAIT_MS
    clock.at += QUIET_MS
    slow.failed(HERE, "wrong")
    assert slow.wait_ms(HERE, "another") == FIRST_WAIT_MS


def test_other_addresses_do_not_wait(slow: Slowdown) -> None:
    slow.failed(HERE, "wrong")
    assert slow.wait_ms(THERE, "any") == 0


def test_one_customers_ipv6_is_one_address(slow: Slowdown) -> None:
    slow.failed("2001:db8::1", "wrong")
    assert slow.wait_ms("2001:db8::2:1", "another") == FIRST_WAIT_MS
    assert slow.wait_ms("2001:db8:0:1::1", "another") == 0


def test_a_token_that_was_good_from_there_does_not_wait_until_it_fails(slow: Slowdown) -> None:
    slow.passed(HERE, "good")
    slow.failed(HERE, "wrong")
    assert slow.wait_ms(HERE, "good") == 0
    assert slow.wait_ms(HERE, "another") > 0
    slow.failed(HERE, "good")  # it was revoked
    assert slow.wait_ms(HERE, "good") > 0


def test_what_is_remembered_is_limited(slow: Slowdown, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slowdown, "REMEMBERED", 3)
    for number in range(5):
        slow.failed(f"10.0.1.{number}", "wrong")
    assert [slow.wait_ms(f"10.0.1.{number}", "any") > 0 for number in range(5)] == [0, 0, 1, 1, 1]
    assert REMEMBERED == 10_000


async def test_who_guesses_is_told_when_to_come_again_and_is_let_in_then(desk: Desk) -> None:
    async with client(desk.app, "baton_guess", address=HERE) as guessing:
        problem(await guessing.get("/me"), "token-unknown")
        answer = await guessing.get("/me")
        problem(answer, "too-many-attempts")
        assert answer.headers["retry-after"] == "1"
        guessing.headers["Authorization"] = f"Bearer {desk.tokens[ANNA]}"
        problem(await guessing.get("/me"), "too-many-attempts")
        desk.clock.at += FIRST_WAIT_MS
        assert (await guessing.get("/me")).status_code == 200


async def test_while_somebody_guesses_others_and_open_pages_go_on(desk: Desk) -> None:
    async with (
        client(desk.app, desk.tokens[ANNA], address=HERE) as page,
        client(desk.app, "baton_guess", address=HERE) as guessing,
    ):
        assert (await page.get("/me")).status_code == 200
        for _ in range(5):
            assert (await guessing.get("/me")).status_code in {401, 429}
        assert (await page.get("/me")).status_code == 200
    assert (await desk.vera.get("/me")).status_code == 200


async def test_signing_in_is_slowed_down_as_well(desk: Desk) -> None:
    async with client(desk.app, address=HERE) as guessing:
        problem(await guessing.post("/session", json={"token": "one"}), "token-unknown")
        problem(await guessing.post("/session", json={"token": "two"}), "too-many-attempts")


async def test_no_token_at_all_is_no_attempt(desk: Desk) -> None:
    for _ in range(5):
        problem(await desk.nobody.get("/me"), "token-missing")
