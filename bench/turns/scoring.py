"""What the agents' sounds say about how they took turns. Pure: spans of sound, on the caller's clock."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from itertools import pairwise

from local.groq_standin.speech.written_words import NUMBERS
from local.measure.lanes import Span

LOUD = 400.0
"""RMS of 10 ms that counts as an agent's voice: above breath noise, whose RMS is at most 196."""

_MORE_MS = 300  # a gap longer than in the undisturbed reading by more than this is a stop
_AFTER_NOD_MS = 2_500  # how long after a nod a gap is its doing, unless the next one comes sooner
_SHORTER_MS, _LONGER_MS = 500, 1_200  # the length may differ by this much; beyond, it is another speech
_STOP_MS = 250  # silence that is no pause between two words
_STOP_LIMIT_MS = 2_500  # an agent that falls silent later did not stop for the interruption
_GOES_ON = 0.5  # of what was left to read: an agent that says more than this after the interruption reads on


def length_ms(sounds: Sequence[Span]) -> int:
    """Return the ms from the first sound to the last."""
    return sounds[-1].end_ms - sounds[0].start_ms if sounds else 0


def sounds_in(sounds: Sequence[Span], since_ms: int, until_ms: int) -> list[Span]:
    return [sound for sound in sounds if since_ms <= sound.start_ms < until_ms]


def longest_gap_ms(sounds: Sequence[Span], since_ms: int = 0, until_ms: float = math.inf) -> int:
    """Return the longest silence between two sounds that touches this stretch of time."""
    gaps = [
        two.start_ms - one.end_ms
        for one, two in pairwise(sounds)
        if two.start_ms > since_ms and one.end_ms < until_ms
    ]
    return max(gaps, default=0)


def read_whole(reading: Sequence[Span], undisturbed: Sequence[Span], allowed_ms: int) -> bool:
    """Whether a reading got to its end and nothing followed. `allowed_ms`: how much pauses may add."""
    more_ms = length_ms(reading) - length_ms(undisturbed)
    return -_SHORTER_MS <= more_ms <= _LONGER_MS + allowed_ms


def nods_gone_on(nods: Sequence[Span], reading: Sequence[Span], undisturbed: Sequence[Span]) -> list[bool]:
    """Return for each nod whether the reading had no gap there, got to its end, and no answer followed."""
    usual_ms = longest_gap_ms(undisturbed)
    whole = read_whole(reading, undisturbed, _MORE_MS * len(nods))
    nexts = [*(nod.start_ms for nod in nods[1:]), math.inf]
    untils = [min(nod.end_ms + _AFTER_NOD_MS, until) for nod, until in zip(nods, nexts, strict=True)]
    gaps = [longest_gap_ms(reading, nod.start_ms, until) for nod, until in zip(nods, untils, strict=True)]
    went_on = [gap_ms <= usual_ms + _MORE_MS for gap_ms in gaps]
    return [here and (whole or not all(went_on)) for here in went_on]


def stopped_after_ms(said: Span, reading: Sequence[Span], undisturbed: Sequence[Span]) -> int | None:
    """Return the ms from an interruption's start to the agent's last sound; None: the agent did not stop."""
    if not reading:
        return None
    gap_ms = max(_STOP_MS, longest_gap_ms(undisturbed) + 100)
    ends = [sound.end_ms for sound in reading if sound.end_ms > said.start_ms]
    later = [sound.start_ms for sound in reading if sound.end_ms > said.start_ms][1:]
    silent_ms = next(
        (
            end
            for end, start in zip(ends, [*later, None], strict=True)
            if start is None or start - end >= gap_ms
        ),
        None,
    )
    if silent_ms is None or silent_ms - said.start_ms > _STOP_LIMIT_MS:
        return None
    left_ms = length_ms(undisturbed) - (silent_ms - reading[0].start_ms)
    after_ms = length_ms([sound for sound in reading if sound.start_ms > silent_ms])
    return None if after_ms > _GOES_ON * left_ms else silent_ms - said.start_ms


def cut_into(said: Span, sounds: Sequence[Span]) -> bool:
    """Whether an agent's voice began inside an unfinished turn."""
    return any(said.start_ms < sound.start_ms < said.end_ms for sound in sounds)


def answered_after_ms(said: Span, sounds: Sequence[Span]) -> int | None:
    """Return the ms from the caller's last sound to the agent's first; None: no answer, or cut in."""
    reply = next((sound for sound in sounds if sound.end_ms > said.start_ms), None)
    return reply.start_ms - said.end_ms if reply and reply.start_ms >= said.end_ms else None


def overlap_ms(one: Sequence[Span], two: Sequence[Span]) -> int:
    """Return for how long both sounded at once."""
    return sum(max(0, min(a.end_ms, b.end_ms) - max(a.start_ms, b.start_ms)) for a in one for b in two)


def holds(heard: str, said: str) -> bool:
    """Whether `heard` contains all of `said`, however numbers and letters are written."""
    return _plain(said) in _plain(heard)


def _plain(text: str) -> str:
    words = re.findall(r"[a-z]+|\d", text.lower())
    return "".join(_digits(word) for word in words)


def _digits(word: str) -> str:
    """Return a number's word in digits: "forty" is 4, as "forty two" is written 42."""
    number = NUMBERS.get(word)
    if number is None:
        return word
    return str(number // 10) if number >= 20 else str(number)
