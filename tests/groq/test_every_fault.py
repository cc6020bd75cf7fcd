"""Every fault at every place it can hit: a retry or another model helps, or an error comes in time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, get_args

import pytest
from groq import AsyncGroq

from agents.groq.spending.unread import UNREAD_S
from local.groq_standin import StandIn
from local.groq_standin.faults import Fault, Kind
from settings import GroqSettings
from tests.groq.connection import stand_in_and_client
from tests.groq.places import PLACES, timed

pytestmark = pytest.mark.fault("A7")

FAULTS: Mapping[str, Mapping[str, Any]] = {
    "too many requests, for a moment": {"kind": "rate_limited", "retry_after_s": 0.2},
    "too many requests, for long": {"kind": "rate_limited", "retry_after_s": 20},
    "the day's limit": {"kind": "daily_limit", "retry_after_s": 900},
    "no capacity": {"kind": "no_capacity"},
    "a tool call that is none": {"kind": "tool_use_failed"},
    "an error within the stream": {"kind": "error_event", "after_chunks": 1},
    "the connection closed": {"kind": "cut"},
    "the connection reset": {"kind": "cut", "reset": True},
    "the connection closed in the middle": {"kind": "cut", "after_chunks": 1},
    "a stall": {"kind": "stall"},
    "a stall in the middle": {"kind": "stall", "after_chunks": 1},
    "an end too early": {"kind": "ends_early", "after_chunks": 1},
    "the model is shut down": {"kind": "model_gone"},
    "the key is refused": {"kind": "unauthorized"},
    "a broken server": {"kind": "server_error", "status": 500},
    "a bad gateway": {"kind": "server_error", "status": 502},
    "an overloaded server": {"kind": "server_error", "status": 503},
    "an empty answer": {"kind": "empty"},
    "audio that is none": {"kind": "bad_wav"},
}
"""All faults except those that do no harm: a WAV without sizes, one at 48 kHz, and made-up words."""

NO_TROUBLE = {"wav_without_sizes", "wav_48_khz", "made_up"}
NOTHING_HELPS = {"the key is refused"}
NO_OTHER_MODEL = {"the model is shut down", "too many requests, for long", "the day's limit"}
"""Faults that TTS cannot survive: it has one model, and a retry does not help."""
HALF_SPOKEN = {
    "the connection closed in the middle",
    "a stall in the middle",
    "an end too early",
}
"""For TTS: a sentence that has partly been played cannot be repeated."""
_SLACK_S = 0.4
_ENDED_LIMIT_S = UNREAD_S + 2.0


def fits(place: str, fault: str) -> bool:
    try:
        Fault(endpoint=PLACES[place].endpoint, **FAULTS[fault])
    except ValueError:
        return False
    return True


def order(stand_in: StandIn, place: str, fault: str, count: int) -> None:
    where = PLACES[place]
    stand_in.control.fault(where.endpoint, purpose=where.purpose, count=count, **FAULTS[fault])


def helped(place: str, fault: str) -> bool:
    endpoint = PLACES[place].endpoint
    if endpoint == "transcriptions":
        return True  # the second ear helps
    hopeless = set(NOTHING_HELPS)
    if endpoint == "speech":
        hopeless |= NO_OTHER_MODEL | HALF_SPOKEN
    return fault not in hopeless


def test_no_fault_of_the_stand_in_is_left_out() -> None:
    assert {fault["kind"] for fault in FAULTS.values()} | NO_TROUBLE == set(get_args(Kind))


@dataclass(frozen=True, slots=True)
class Scenario:
    """One fault at one place. Each has a stand-in and a client of its own, so that they run side by side."""

    place: str
    fault: str
    stand_in: StandIn
    client: AsyncGroq
    settings: GroqSettings

    async def asked(self) -> tuple[str, float]:
        """Make one request; return the result and the seconds it took."""
        return await timed(PLACES[self.place].ask(self.client, self.settings))

    async def struck_once(self) -> tuple[str, float]:
        order(self.stand_in, self.place, self.fault, count=1)
        return await self.asked()

    async def struck_until_it_is_over(self) -> tuple[str, float, str]:
        """Return the result during the fault, the seconds it took, and a request's result afterwards."""
        order(self.stand_in, self.place, self.fault, count=99)
        came, after_s = await self.asked()
        counts = self.stand_in.control.counts(PLACES[self.place].endpoint)
        async with asyncio.timeout(_ENDED_LIMIT_S):
            await self.stand_in.control.until(lambda: counts.under_way == 0)
        self.stand_in.control.clear_faults()
        again, _ = await self.asked()
        return came, after_s, again


@pytest.fixture
async def scenarios(fault: str, settings: GroqSettings) -> AsyncIterator[list[Scenario]]:
    """Yield the test's fault at every place that it can hit."""
    async with AsyncExitStack() as stack:
        made = []
        for place in PLACES:
            if fits(place, fault):
                stand_in, client = await stack.enter_async_context(stand_in_and_client(settings))
                made.append(Scenario(place, fault, stand_in, client, settings))
        yield made


@pytest.mark.parametrize("fault", FAULTS)
async def test_once_it_is_helped_in_time_where_anything_helps(
    scenarios: list[Scenario], subtests: pytest.Subtests, fault: str
) -> None:
    results = await asyncio.gather(*(scenario.struck_once() for scenario in scenarios))
    for scenario, (came, after_s) in zip(scenarios, results, strict=True):
        where = PLACES[scenario.place]
        with subtests.test(place=scenario.place):
            assert came == (where.right if helped(scenario.place, fault) else "")
            assert after_s <= where.limit_s + _SLACK_S


@pytest.mark.parametrize("fault", FAULTS)
async def test_again_and_again_it_is_told_in_time_and_forgotten_when_it_is_over(
    scenarios: list[Scenario], subtests: pytest.Subtests, fault: str
) -> None:
    results = await asyncio.gather(*(scenario.struck_until_it_is_over() for scenario in scenarios))
    for scenario, (came, after_s, again) in zip(scenarios, results, strict=True):
        where = PLACES[scenario.place]
        with subtests.test(place=scenario.place):
            assert came == ""
            assert after_s <= where.limit_s + _SLACK_S
            assert again == where.right
