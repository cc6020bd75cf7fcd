"""The recording: two aligned sides."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np

from local.caller.tape import RATE_HZ
from local.measure.recording import write_call


def test_the_caller_is_on_the_left_and_what_they_hear_on_the_right(tmp_path: Path) -> None:
    write_call(
        tmp_path / "call.wav",
        caller=np.array([1, 2, 3], np.int16),
        heard=np.array([-4, -5, -6, -7], np.int16),
    )
    with wave.open(str(tmp_path / "call.wav")) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, RATE_HZ)
        sides = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
    assert sides[:, 0].tolist() == [1, 2, 3, 0]
    assert sides[:, 1].tolist() == [-4, -5, -6, -7]
