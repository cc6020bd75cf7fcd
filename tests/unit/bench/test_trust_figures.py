"""Sound of a caller's tape is found in a recording, even if a receiver stretched it."""

from __future__ import annotations

import numpy as np
import pytest

from bench.trust.recording import _SURE, _apart, _found
from local.caller.tape import RATE_HZ, Samples
from local.measure.lanes import Span

PIECE = Span(500, 1_000)


def words(seed: int) -> Samples:
    """Return two seconds of noise whose loudness changes as often as syllables do."""
    chance = np.random.default_rng(seed)
    loud = np.repeat(chance.uniform(100, 6_000, 20), RATE_HZ // 10)
    return (chance.normal(0, 1, len(loud)) * loud).astype(np.int16)


def later(samples: Samples, ms: int) -> Samples:
    return np.pad(samples, (ms * RATE_HZ // 1000, 0))[: len(samples)]


def stretched(samples: Samples) -> Samples:
    """Return the samples stretched by 8 ms, in the middle of the piece."""
    middle = 750 * RATE_HZ // 1000
    again = samples[middle - 8 * RATE_HZ // 1000 : middle]
    return np.concatenate([samples[:middle], again, samples[middle:]])


def test_the_track_with_the_sound_is_told_and_how_much_later_it_is() -> None:
    tracks = {"caller": words(2), "agent": later(words(1), 30)}
    assert _found(words(1), tracks, PIECE) == ("agent", 30)


def test_a_piece_that_was_stretched_on_its_way_is_not_missing() -> None:
    track = stretched(words(2))
    assert _apart(words(2), track, PIECE)[1] < _SURE, "as a whole it is not there"
    found = _found(words(2), {"caller": words(3), "agent": track}, PIECE)
    assert found is not None
    assert found[0] == "agent"
    assert abs(found[1]) <= 10


@pytest.mark.parametrize("track", [np.zeros(2 * RATE_HZ, np.int16), words(2), words(3), words(1)[::-1]])
def test_silence_and_other_words_are_not_taken_for_it(track: Samples) -> None:
    assert _found(words(1), {"agent": track}, PIECE) is None
