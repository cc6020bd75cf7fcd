"""The figures of operators' acts, and the event stream that is read for them."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator

import pytest

from bench.operators.figures import Act, summarized
from bench.operators.onlooker import Stream
from bench.operators.report import last_line

FIGURES = {
    Act.MODEL_ROW: [200, 100, 300],
    Act.CLICK: [210, 220, 230],
    Act.CLICK_ROW: [190, 200, 210],
    Act.STREAM: list(range(1, 101)),
}


def test_ratios_are_the_operators_to_the_models_at_p50() -> None:
    found = summarized(FIGURES)
    assert found["hold_ratio"] == 1.1
    assert found["hold_from_row_ratio"] == 1.0


def test_each_figure_is_told_at_p50_and_p95() -> None:
    found = summarized(FIGURES)
    assert (found["click_to_hold_p50_ms"], found["click_to_hold_p95_ms"]) == (220, 230)
    assert (found["act_to_stream_p50_ms"], found["act_to_stream_p95_ms"]) == (50.5, 95)


def test_what_was_not_measured_is_null_as_are_its_ratios() -> None:
    found = summarized({Act.CLICK: [210], Act.PAGE: []})
    assert found["model_row_to_hold_p50_ms"] is None
    assert found["act_to_page_p95_ms"] is None
    assert found["hold_ratio"] is None


def test_the_last_line_is_json_with_how_it_was_run() -> None:
    name, _, text = last_line(FIGURES, {"rounds": 3}).partition(" ")
    assert name == "bench-operators:"
    assert json.loads(text)["rounds"] == 3


async def test_the_first_event_of_a_row_is_when_it_came() -> None:
    stream = Stream()

    async def lines() -> AsyncIterator[str]:
        for line in (": connected", "id: 1", 'data: {"subject": "request-1"}', ""):
            yield line
        await asyncio.sleep(0.05)
        yield 'data: {"subject": "request-1"}'
        yield 'data: {"subject": "request-2"}'

    began = time.monotonic()
    first, second, _ = await asyncio.gather(
        stream.came("request-1"), stream.came("request-2"), stream.read(lines())
    )
    assert first - began < 0.05 <= second - began


async def test_an_event_that_does_not_come_is_not_waited_for_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bench.operators.onlooker._LIMIT_S", 0.01)
    with pytest.raises(TimeoutError):
        await Stream().came("request-1")
