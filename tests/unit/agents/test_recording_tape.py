"""A recorder's tape: late frames find their place, gaps become silence, a pause cuts."""

from __future__ import annotations

import numpy as np

from agents.recording.tape import Tape
from recordings.segment_file import RATE_HZ

FRAME = np.ones(RATE_HZ // 10, np.int16)
"""100 ms."""


def heard(tape: Tape, *times: float) -> None:
    for at in times:
        tape.add(FRAME, at)


def test_frames_that_a_busy_machine_delivers_late_keep_their_place() -> None:
    tape = Tape()
    heard(tape, 1_180, 1_230, 1_300, 1_400)
    taken = tape.take(2_000)
    assert taken is not None
    started_at, samples = taken
    assert started_at == 1_000
    assert len(samples) == 4 * len(FRAME)


def test_a_gap_becomes_silence() -> None:
    tape = Tape()
    heard(tape, 1_100, 1_200, 1_700, 1_800)
    taken = tape.take(2_000)
    assert taken is not None
    assert len(taken[1]) == 8 * len(FRAME)
    assert not taken[1][2 * len(FRAME) : 6 * len(FRAME)].any()


def test_what_is_taken_later_goes_on_where_the_last_ended() -> None:
    tape = Tape()
    heard(tape, 1_100, 1_200)
    assert tape.take(1_200) is not None
    heard(tape, 1_300)
    taken = tape.take(1_300)
    assert taken is not None
    assert taken[0] == 1_200


def test_nothing_is_taken_from_after_the_pause() -> None:
    tape = Tape()
    heard(tape, 1_100, 1_200, 1_300)
    taken = tape.take(1_250)
    assert taken is not None
    assert len(taken[1]) == 2.5 * len(FRAME)
    assert tape.take(1_250) is None


def test_a_frame_that_is_taken_in_two_parts_is_whole() -> None:
    tape = Tape()
    sound = np.arange(len(FRAME), dtype=np.int16)
    tape.add(sound, 1_100)
    parts = [tape.take(until) for until in (1_030, 1_030.01, 2_000)]
    assert all(parts)
    assert [part[0] for part in parts if part] == [1_000, 1_030, 1_030]
    assert np.array_equal(np.concatenate([part[1] for part in parts if part]), sound)
