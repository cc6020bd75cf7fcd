"""A tape: late frames find their place, gaps stay gaps."""

from __future__ import annotations

import numpy as np

from local.caller.tape import RATE_HZ, Tape

FRAME = RATE_HZ // 100


def tape(arrivals_s: list[float]) -> Tape:
    made = Tape()
    for number, at_s in enumerate(arrivals_s, 1):
        made.add(np.full(FRAME, number, np.int16), at_s)
    return made


def place_ms(made: Tape, number: int) -> int:
    return int(np.flatnonzero(made.laid_out() == number)[0]) * 1000 // RATE_HZ


def test_an_empty_tape_has_no_samples() -> None:
    assert len(Tape().laid_out()) == 0


def test_late_frames_are_placed_where_they_sounded() -> None:
    steady = [1 + n / 100 for n in range(300)]
    late = [at_s + (0.2 if 100 <= n < 115 else 0) for n, at_s in enumerate(steady)]
    assert np.array_equal(tape(late).laid_out(), tape(steady).laid_out())


def test_a_real_gap_stays_silence() -> None:
    made = tape([1 + n / 100 + (0.5 if n >= 50 else 0) for n in range(100)])
    assert place_ms(made, 50) == 1490
    assert place_ms(made, 51) == 2000
    assert not made.laid_out()[1500 * RATE_HZ // 1000 : 2000 * RATE_HZ // 1000].any()


def test_jitter_leaves_continuous_sound_whole() -> None:
    jitter = np.random.default_rng(4).uniform(0, 0.015, 500)
    made = tape([2 + n / 100 + float(jitter[n]) for n in range(500)])
    sounding = made.laid_out()[2 * RATE_HZ :]
    assert np.count_nonzero(sounding) == 500 * FRAME


def test_a_drifting_clock_is_followed() -> None:
    made = tape([1 + n * 0.01001 for n in range(6_000)])
    assert abs(place_ms(made, 6_000) - round(1000 + 5_999 * 10.01)) <= 25
