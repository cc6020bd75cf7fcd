"""Voice activity detection: LiveKit's rules, one run of the model for each window, on the event loop."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np
import pytest
from livekit import rtc
from livekit.agents import inference, vad

from agents.audio.vad import RATE, WINDOW_S, SharedVAD, SpeechWindows
from local.speech import CALLER, synthesize

FRAME = RATE // 50
START, END = vad.VADEventType.START_OF_SPEECH, vad.VADEventType.END_OF_SPEECH


@pytest.fixture(scope="module")
def talk() -> Sequence[rtc.AudioFrame]:
    """Two lines with a second of silence around each."""
    silence = np.zeros(RATE, np.int16)
    lines = [
        synthesize(line, CALLER, sample_rate=RATE).samples for line in ("hello there", "my number is four")
    ]
    samples = np.concatenate([silence, lines[0], silence, lines[1], silence])
    return [
        rtc.AudioFrame(samples[at : at + FRAME].tobytes(), RATE, 1, FRAME)
        for at in range(0, len(samples) - FRAME, FRAME)
    ]


async def told_of(frames: Sequence[rtc.AudioFrame]) -> list[vad.VADEvent]:
    """What a session is told of this audio by its STT."""
    shared, windows = SharedVAD(), SpeechWindows()
    detection = shared.stream()
    for frame in frames:
        detection.push_frame(frame)
        for _, probability in windows.push(frame):
            shared.hear(probability)
    return await read(detection)


async def read(detection: vad.VADStream) -> list[vad.VADEvent]:
    detection.end_input()
    events = [event async for event in detection]
    await detection.aclose()
    return events


def turns(events: Sequence[vad.VADEvent]) -> list[tuple[object, ...]]:
    return [
        (
            event.type,
            event.samples_index,
            event.speaking,
            round(event.speech_duration, 3),
            round(event.silence_duration, 3),
        )
        for event in events
        if event.type in {START, END}
    ]


async def test_speech_starts_and_ends_where_livekits_own_vad_says(talk: Sequence[rtc.AudioFrame]) -> None:
    livekits = inference.VAD(model="silero").stream()
    for frame in talk:
        livekits.push_frame(frame)
    ours, theirs = turns(await told_of(talk)), turns(await read(livekits))
    assert [kind for kind, *_ in ours] == [START, END, START, END]
    assert ours == theirs


async def test_while_somebody_speaks_each_window_is_an_event_and_of_silence_only_the_first() -> None:
    shared = SharedVAD()
    detection = shared.stream()
    for probability in [0.0] * 50 + [0.9] * 10 + [0.0] * 50:
        shared.hear(probability)
    windows = [event for event in await read(detection) if event.type is vad.VADEventType.INFERENCE_DONE]
    spoken = [event for event in windows if event.speaking]
    assert windows[0].raw_accumulated_silence == 0
    assert len(spoken) == 10 - 2 + 8, "the second window starts speech, and the eighth silent one ends it"
    others = [round(event.timestamp / WINDOW_S) for event in windows if not event.speaking]
    assert others == [1, 50 + 2, 50 + 10 + 8 + 1], "a silence begins, a word may begin, a silence begins"
    assert spoken[-1].raw_accumulated_silence == pytest.approx(7 * WINDOW_S)


async def test_a_flush_begins_anew() -> None:
    shared = SharedVAD()
    detection = shared.stream()
    for _ in range(5):
        shared.hear(0.9)
    detection.flush()
    for _ in range(5):
        shared.hear(0.9)
    starts = [event for event in await read(detection) if event.type is START]
    assert [event.samples_index for event in starts] == [2 * round(WINDOW_S * RATE)] * 2


@pytest.mark.fault("A7")
async def test_inference_runs_on_the_loops_own_thread(talk: Sequence[rtc.AudioFrame]) -> None:
    before = set(threading.enumerate())
    assert await told_of(talk)
    assert set(threading.enumerate()) <= before, "it started a thread"
