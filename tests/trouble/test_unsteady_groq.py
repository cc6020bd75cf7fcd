"""Groq fails one request in three, in every way it can: no call is lost."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bench.unsteady.caller import Outcome
from bench.unsteady.run import LONGEST_SILENCE_MS, Result, unsteady_calls
from local.stack import Stack, local_stack

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.fault("A7")]

AT_ONCE = 5


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def unsteady(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    folder = tmp_path_factory.mktemp("unsteady")
    settings = {"BATON_IDLE_PROCESSES": str(AT_ONCE)}
    async with local_stack(folder, latencies="like-groq", settings=settings, stand_in_always=True) as running:
        yield running


@pytest.mark.long
async def test_a_few_calls_lose_nobody(unsteady: Stack) -> None:
    result = await unsteady_calls(unsteady, calls=3, at_once=AT_ONCE, seed=1)
    nobody_is_lost(result)
    nobody_waits_longer(result, LONGEST_SILENCE_MS + 1_500)  # on a busy machine


@pytest.mark.long
async def test_a_hundred_calls_lose_nobody_and_none_hears_silence_for_three_seconds(unsteady: Stack) -> None:
    result = await unsteady_calls(unsteady, calls=100, at_once=AT_ONCE, seed=2)
    nobody_is_lost(result)
    nobody_waits_longer(result, LONGEST_SILENCE_MS)


def nobody_waits_longer(result: Result, limit_ms: int) -> None:
    waited = [each for each in result.calls if each.silence_ms > limit_ms]
    assert not waited, waited


def nobody_is_lost(result: Result) -> None:
    assert [each for each in result.calls if each.outcome is Outcome.LOST] == []
    assert 0.25 < result.failed / result.requests < 0.4, "a third of them fails"
