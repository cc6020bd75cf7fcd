"""A line is found in a recording, and told from one that differs in a word, even if its sound stalled."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from bench.support.sound_match import Loudness, envelope, trimmed
from local.caller.tape import RATE_HZ
from local.speech import GROQ_VOICES, synthesize
from tests.api_live.spoken_lines import fitted, smoothed

LINE = "I could not reach the {} desk just now. You are back with me, so let us see what we can do."
BEGINS_MS, UNTIL = 1_000, 200


@pytest.mark.parametrize("stall_ms", [0, 220, 380])
@pytest.mark.parametrize("spoken_s", [1.3, 2.4, 4.0])
def test_line_that_stalls_is_known_from_one_that_differs_in_a_word(spoken_s: float, stall_ms: int) -> None:
    heard = loudness_of("billing", before_s=BEGINS_MS / 1000, stall_ms=stall_ms, spoken_s=spoken_s)
    right, wrong = (fitted(loudness_of(desk), heard, until=UNTIL) for desk in ("billing", "technical"))
    assert right.like > 0.9
    assert right.like > wrong.like
    assert right.sound.start_ms == pytest.approx(BEGINS_MS, abs=50)
    length_ms = 10 * len(loudness_of("billing")) + stall_ms
    assert right.sound.end_ms - right.sound.start_ms == pytest.approx(length_ms, abs=50)


def loudness_of(desk: str, *, before_s: float = 0, stall_ms: int = 0, spoken_s: float = 0) -> Loudness:
    """Return a line with a stall after `spoken_s`; `before_s` of silence comes before, twice that after."""
    line = trimmed(synthesize(LINE.format(desk), GROQ_VOICES["hannah"]).samples)
    first, rest = np.split(line, [round(spoken_s * RATE_HZ)])
    return smoothed(
        envelope(
            np.concatenate([silence(before_s), first, silence(stall_ms / 1000), rest, silence(2 * before_s)])
        )
    )


def silence(seconds: float) -> NDArray[np.int16]:
    return np.zeros(round(seconds * RATE_HZ), np.int16)
