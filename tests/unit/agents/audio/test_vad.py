"""Voice activity detection: LiveKit's rules, one run of the model for each window, on the event loop."""

from __future__ import annotations

import threading
import wave
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest
from livekit import rtc
from livekit.agents import inference, vad

from agents.audio.vad import RATE, SPEECH, WINDOW_S, SharedVAD, SpeechWindows
from bench.phone.answers import RATE_HZ, TONE_HZ, answers, tone
from local.caller.tape import Samples
from local.speech import CALLER, resample, synthesize

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
    """Return the VAD events that a session gets from its STT for this audio."""
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


@pytest.mark.fault("T34")
def test_a_yes_by_telephone_is_heard_as_well_after_a_tone_as_without_one(tmp_path: Path) -> None:
    """Of this "yes", 15 or 16 windows are speech; only 4 to 10 if the model remembers the tone."""
    says_yes = next(each for each in answers().all if each.then == "yes" and each.voice == "anna")
    room = read_wav(answers().room(says_yes, tmp_path), 1.0)
    reply = answers().reply(says_yes, tmp_path, then_tone=False)
    heard = np.concatenate([room, tone(TONE_HZ, 1.0).astype(np.int16), room, read_wav(reply.path, 1.0)])
    samples = resample(heard, RATE_HZ, RATE)
    windows = SpeechWindows(forgets_sounds=True).push(
        rtc.AudioFrame(samples.tobytes(), RATE, 1, len(samples))
    )
    speech = [probability > SPEECH for _, probability in windows]
    assert max(len(list(run)) for is_speech, run in groupby(speech) if is_speech) >= 12


def read_wav(path: Path, seconds: float) -> Samples:
    with wave.open(str(path), "rb") as file:
        return np.frombuffer(file.readframes(round(seconds * RATE_HZ)), np.int16)


class RememberingModel:
    """Returns `probability` for every window, and records it at each reset."""

    probability = 0.0

    def __init__(self) -> None:
        self.forgets: list[float] = []

    def predict(self, _: object) -> float:
        return self.probability

    def reset(self) -> None:
        self.forgets.append(self.probability)


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> RememberingModel:
    model = RememberingModel()
    monkeypatch.setattr("agents.audio.vad.VAD", lambda: model)
    return model


def sound(peak: int, seconds: float) -> rtc.AudioFrame:
    samples = peak * np.sin(2 * np.pi * 440 * np.arange(round(seconds * RATE)) / RATE)
    return rtc.AudioFrame(samples.astype(np.int16).tobytes(), RATE, 1, len(samples))


def hear(windows: SpeechWindows, *frames: rtc.AudioFrame) -> None:
    for frame in frames:
        list(windows.push(frame))


@pytest.mark.fault("T34")
def test_a_tone_is_forgotten_once_when_it_has_ended(model: RememberingModel) -> None:
    windows = SpeechWindows(forgets_sounds=True)
    hear(windows, sound(8_000, 2.0), sound(300, 0.06))
    assert not model.forgets, "it may be a gap"
    hear(windows, sound(300, 3.0))
    assert len(model.forgets) == 1


def test_a_short_key_tone_noise_and_a_steady_sound_are_not_forgotten(model: RememberingModel) -> None:
    windows = SpeechWindows(forgets_sounds=True)
    hear(windows, sound(8_000, 0.2), sound(300, 1.0))
    hear(windows, *[sound(peak, 0.1) for peak in (400, 30, 900, 0) * 5])
    hear(windows, sound(4_000, 2.0), sound(2_000, 2.0))
    assert not model.forgets


def test_a_voice_is_not_forgotten(model: RememberingModel) -> None:
    model.probability = 0.4
    hear(SpeechWindows(forgets_sounds=True), sound(8_000, 2.0), sound(300, 1.0))
    assert not model.forgets


def test_for_a_caller_no_sound_is_forgotten(model: RememberingModel) -> None:
    hear(SpeechWindows(), sound(8_000, 2.0), sound(300, 3.0))
    assert not model.forgets
