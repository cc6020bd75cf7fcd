"""The spare voice on this machine, for when Groq's voice cannot speak."""

from __future__ import annotations

import numpy as np
import pytest

from agents.audio.prepared_audio import spare_prompt
from agents.audio.spare_voice import spare_for, speak, still_unsaid

LINE = "Welcome to Brightwave Broadband. How can I help you?"
RATE = 24_000


async def test_it_speaks_a_line_as_loud_as_other_voices_and_about_as_long() -> None:
    sound = (await speak(LINE, spare_for("hannah"), rate=RATE)).astype(float)
    assert 2.0 < len(sound) / RATE < 6.0
    assert 1_500 < np.sqrt(np.mean(sound**2)) < 3_000


async def test_a_mans_voice_is_spared_by_a_mans() -> None:
    assert spare_for("troy") == spare_for("daniel") != spare_for("hannah") == spare_for("a-new-one")


async def test_what_cannot_be_pronounced_is_no_error() -> None:
    assert len(await speak("…", spare_for("hannah"), rate=RATE)) < RATE


async def test_a_line_that_is_not_prepared_is_spoken_at_once() -> None:
    line = await spare_prompt("hannah", LINE)
    assert (line.text, line.sample_rate) == (LINE, RATE)
    assert line.duration_s > 2.0


@pytest.mark.parametrize(
    ("said_s", "unsaid"),
    [
        (0.0, LINE),
        (0.3, LINE),
        (0.6, "to Brightwave Broadband. How can I help you?"),
        (2.1, "Broadband. How can I help you?"),
        (9.0, ""),
    ],
)
def test_a_piece_that_breaks_off_goes_on_with_the_word_that_was_being_said(
    said_s: float, unsaid: str
) -> None:
    assert still_unsaid(LINE, said_s) == unsaid
