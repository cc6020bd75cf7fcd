"""A mailbox's beep is recognised; voices, noise and two tones at once are not beeps."""

from __future__ import annotations

import numpy as np
import pytest
from livekit import rtc

from agents.phone.beep import LEAST_S, BeepEar

RATE = 48_000
FRAME = RATE // 50


def hears_beep(samples: np.ndarray) -> bool:
    ear = BeepEar()
    frames = np.clip(samples, -32_768, 32_767).astype(np.int16)
    heard = False
    for start in range(0, len(frames) - FRAME + 1, FRAME):
        heard |= ear.hears(rtc.AudioFrame(frames[start : start + FRAME].tobytes(), RATE, 1, FRAME))
    return heard


def tone(hz: float, seconds: float, level: float = 6_000) -> np.ndarray:
    return level * np.sin(2 * np.pi * hz * np.arange(int(RATE * seconds)) / RATE)


def noise(seconds: float, level: float) -> np.ndarray:
    return np.random.default_rng(28).normal(0, level, int(RATE * seconds))


@pytest.mark.parametrize("hz", [700, 1_000, 1_400, 2_000])
def test_a_pure_tone_is_a_beep_also_on_a_noisy_line(hz: float) -> None:
    assert hears_beep(tone(hz, 0.4) + noise(0.4, 300))


@pytest.mark.parametrize(
    "sound",
    [
        tone(1_000, LEAST_S - 0.06),
        tone(1_000, 1.0, level=200),
        tone(150, 1.0) + tone(300, 1.0, 4_000) + tone(450, 1.0, 3_000),
        tone(770, 1.0) + tone(1_336, 1.0),
        tone(425, 1.0),
        noise(1.0, 4_000),
        np.zeros(RATE),
    ],
    ids=["too short", "too soft", "a voice", "a key", "a ringing tone", "noise", "silence"],
)
def test_other_sounds_are_no_beep(sound: np.ndarray) -> None:
    assert not hears_beep(sound)
