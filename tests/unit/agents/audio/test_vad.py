"""Voice activity detection runs on the event loop."""

from __future__ import annotations

import threading

import pytest
from livekit import rtc
from livekit.agents import vad

from agents.audio.vad import make_vad

_RATE = 16_000
_WINDOW = 512


@pytest.mark.fault("A7")
async def test_inference_runs_on_the_loops_own_thread() -> None:
    detection = make_vad().stream()
    before = threading.active_count()
    for _ in range(10):
        detection.push_frame(rtc.AudioFrame(bytes(2 * _WINDOW), _RATE, 1, _WINDOW))
    detection.end_input()
    judged = [event async for event in detection if event.type is vad.VADEventType.INFERENCE_DONE]
    assert len(judged) == 10
    assert threading.active_count() == before
    await detection.aclose()
