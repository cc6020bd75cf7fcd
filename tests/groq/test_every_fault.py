"""Every fault in every place that it can hit: helped where anything helps, else told in time."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, get_args

import pytest
from groq import AsyncGroq

from local.groq_standin import StandIn
from local.groq_standin.faults import Fault, Kind
from settings import GroqSettings
from tests.groq.places import PLACES, timed

pytestmark = pytest.mark.fault("A7")

FAULTS: Mapping[str, Mapping[str, Any]] = {
    "too many requests, for a moment": {"kind": "rate_limited", "retry_after_s": 0.2},
    "too many requests, for long": {"kind": "rate_limited", "retry_after_s": 20},
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
"""Those that are no trouble at all (a WAV without sizes, or at 48 kHz) are left out."""

NO_TROUBLE = {"wav_without_sizes", "wav_48_khz"}
NOTHING_HELPS = {"the key is refused"}
NO_OTHER_MODEL = {"the model is shut down", "too many requests, for long"}
"""Of hearing and speaking there is one model, and no use in asking it again."""
HALF_SPOKEN = {
    "the connection closed in the middle",
    "a stall in the middle",
    "an end too early",
}
"""Of speech: what has sounded cannot be said again."""
_SLACK_S = 0.4
_ENDED_LIMIT_S = 2.0


def fits(place: str, fault: str) -> bool:
    try:
        Fault(endpoint=PLACES[place].endpoint, **FAULTS[fault])
    except ValueError:
        return False
    return True


PAIRS = [(place, fault) for place in PLACES for fault in FAULTS if fits(place, fault)]


def order(stand_in: StandIn, place: str, fault: str, count: int) -> None:
    where = PLACES[place]
    stand_in.control.fault(where.endpoint, purpose=where.purpose, count=count, **FAULTS[fault])


def helped(place: str, fault: str) -> bool:
    endpoint = PLACES[place].endpoint
    hopeless = set(NOTHING_HELPS)
    if endpoint != "chat":
        hopeless |= NO_OTHER_MODEL
    if endpoint == "speech":
        hopeless |= HALF_SPOKEN
    return fault not in hopeless


def test_no_fault_of_the_stand_in_is_left_out() -> None:
    assert {fault["kind"] for fault in FAULTS.values()} | NO_TROUBLE == set(get_args(Kind))


@pytest.mark.parametrize(("place", "fault"), PAIRS)
async def test_once_it_is_helped_in_time_where_anything_helps(
    client: AsyncGroq, settings: GroqSettings, stand_in: StandIn, place: str, fault: str
) -> None:
    where = PLACES[place]
    order(stand_in, place, fault, count=1)
    came, after_s = await timed(where.ask(client, settings))
    assert came == (where.right if helped(place, fault) else "")
    assert after_s <= where.limit_s + _SLACK_S


@pytest.mark.parametrize(("place", "fault"), PAIRS)
async def test_again_and_again_it_is_told_in_time_and_forgotten_when_it_is_over(
    client: AsyncGroq, settings: GroqSettings, stand_in: StandIn, place: str, fault: str
) -> None:
    where = PLACES[place]
    order(stand_in, place, fault, count=99)
    came, after_s = await timed(where.ask(client, settings))
    assert came == ""
    assert after_s <= where.limit_s + _SLACK_S
    counts = stand_in.control.counts(where.endpoint)
    async with asyncio.timeout(_ENDED_LIMIT_S):
        await stand_in.control.until(lambda: counts.under_way == 0)
    stand_in.control.clear_faults()
    came, _ = await timed(where.ask(client, settings))
    assert came == where.right
