"""The sound of the waiting room: music, lines between, and an end without a cut."""

from __future__ import annotations

import numpy as np

from agents.waiting.mix import SAMPLE_RATE, Mix, Samples

PIECE = SAMPLE_RATE // 10
MUSIC = np.full(SAMPLE_RATE, 1_000, np.int16)
LINE = np.full(SAMPLE_RATE // 2, 5_000, np.int16)


def played(mix: Mix, pieces: int) -> Samples:
    return np.concatenate([mix.next(PIECE) for _ in range(pieces)])


def test_a_line_begins_at_once_and_music_follows_softly() -> None:
    mix = Mix(lambda: MUSIC)
    mix.say(LINE)
    heard = played(mix, 20)
    assert (heard[: len(LINE)] == LINE).all()
    assert heard[-1] == 1_000
    assert (np.abs(np.diff(heard[len(LINE) + PIECE :])) < 50).all(), "it fades in"


def test_music_fades_out_before_a_line_and_goes_on_where_it_was() -> None:
    mix = Mix(lambda: MUSIC)
    played(mix, 12)
    mix.say(LINE)
    heard = played(mix, 10)
    begins = int(np.argmax(heard == 5_000))
    assert begins == 2 * PIECE
    assert (np.diff(heard[:begins]) <= 0).all()


def test_music_has_no_end() -> None:
    mix = Mix(lambda: MUSIC)
    assert (played(mix, 50)[SAMPLE_RATE:] == 1_000).all()


def test_at_the_end_a_line_is_heard_out_and_those_behind_it_are_not_said() -> None:
    mix = Mix(lambda: MUSIC)
    mix.say(LINE)
    mix.say(LINE)
    played(mix, 1)
    mix.finish()
    pieces = 0
    while not mix.finished:
        mix.next(PIECE)
        pieces += 1
    assert pieces * PIECE >= len(LINE) - PIECE
    assert pieces < 10, "one line, not two"


def test_the_end_during_music_takes_a_fifth_of_a_second() -> None:
    mix = Mix(lambda: MUSIC)
    played(mix, 20)
    mix.finish()
    assert not mix.finished
    played(mix, 2)
    assert mix.finished


def test_last_words_are_said_before_the_end() -> None:
    mix = Mix(lambda: MUSIC)
    mix.say(LINE)
    mix.finish_after_lines()
    assert not mix.finished
    played(mix, 9)
    assert mix.finished


def test_without_music_there_is_silence_between_the_lines() -> None:
    mix = Mix(lambda: np.zeros(0, np.int16))
    assert not played(mix, 3).any()
    mix.finish()
    assert mix.finished
