"""Recognizes the script's lines by their sound, in any order and cut anywhere, with little work.

The local callers speak with espeak-ng, which says a line almost identically each time. So each line is spoken
once at start, and each 0.4 s of a caller's sound is compared with each 0.4 s of all lines. Where the sound
follows a line for a while, the line's words at that place were said. Nothing else is recognized: other speech
and noise have no words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from agents.audio.espeak import SpokenVoice, espeak
from local.speech import Samples, synthesize
from local.spoken_language import runs

SAMPLE_RATE = 16_000
_HOP = SAMPLE_RATE // 50  # 20 ms a frame
_WINDOW = 2 * _HOP
_LOWEST_HZ, _HIGHEST_HZ, _BANDS = 300.0, 3_400.0, 16  # the telephone's band: a telephone changes nothing
_BLOCK = 20  # frames that are compared: 0.4 s
_STEP = 3  # frames from one block of the caller's sound to the next
_FLOOR = 0.04  # of the mean loudness: anything below, such as noise 15 dB below the voice, counts as silence
_FLAT = 1.6  # a block that changes less than this is silence
_ALIKE = 0.65  # correlation from which two blocks may be the same sound
_SURELY_ALIKE = 0.93  # mean correlation above which a stretch cannot be anything else
_SOUNDED = 0.25  # share of a word's time that must be audible
_AUDIBLE, _LOUDEST_NOISE = 0.01, 0.1  # of the mean loudness
_ENOUGH = 1.3  # correlation above _ALIKE, summed over a stretch, from which the stretch is the line
_TOUCHES = 0.15  # share of a word's time that neighbouring words may overlap
_SHORTEST = 4  # frames of the shortest sound that may be a word
_SHORT_ALIKE = 0.8  # correlation from which a short sound is part of a line
_PAD = np.zeros(_BLOCK // 2 * _HOP, np.int16)  # around every sound, so that its edges are compared too

Frames = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class HeardLines:
    """The recognized words, in order. `covered`: the share of audible sound that surely is theirs, 0 to 1."""

    words: str = ""
    covered: float = 0.0


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    start: float  # frames
    end: float


@dataclass(frozen=True, slots=True)
class _Learned:
    """The sound of a line. The arrays are shared and must not be changed."""

    words: tuple[_Word, ...]
    frames: Frames
    blocks: Frames


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Blocks `first` to `last` of the caller's sound follow a line that starts at frame `at`."""

    line: int
    at: int
    first: int
    last: int
    sure: float

    @property
    def is_sure(self) -> bool:
        return self.sure / (self.last - self.first + 1) + _ALIKE > _SURELY_ALIKE


class KnownLines:
    """Recognizes `lines`, given with the voices that may say each."""

    def __init__(self, lines: Mapping[str, Iterable[SpokenVoice]]) -> None:
        self._words: list[tuple[_Word, ...]] = []
        self._starts = [0]
        self._frames: list[Frames] = []
        blocks = [
            self._learn(text, voice) for text, voices in lines.items() for voice in voices if _is_plain(text)
        ]
        self._blocks = np.concatenate(blocks) if blocks else np.zeros((0, _BLOCK * _BANDS), np.float32)
        self._all_frames = np.concatenate(self._frames) if blocks else np.zeros((0, _BANDS), np.float32)
        self._frame_starts = np.cumsum([0, *map(len, self._frames)])

    def hear(self, samples: Samples) -> HeardLines:
        """Hear 16-bit mono samples at SAMPLE_RATE. Thread-safe."""
        if not len(self._blocks) or not len(samples):
            return HeardLines()
        frames, audible = _frames(np.concatenate([_PAD, samples, _PAD]))
        blocks, changing = _blocks(frames, _STEP)
        alike = np.where(changing[:, None], blocks @ self._blocks.T, -1.0)
        found: list[_Word] = []
        sure = np.zeros(len(audible), np.bool_)
        stretches = list(self._stretches(alike))
        for stretch in stretches:
            words = [word for word in self._said(stretch, audible) if not _is_in(word, found)]
            found += words
            for word in words if stretch.is_sure else ():
                sure[max(0, round(word.start)) : max(0, round(word.end))] = True
        for stretch in filter(lambda stretch: stretch.is_sure, stretches):
            next_to_it = self._said(stretch, audible, beyond=True)
            found += [word for word in next_to_it if not _is_in(word, found, share=_TOUCHES)]
        found = found or list(self._short(frames, audible))
        text = " ".join(word.text for word in sorted(found, key=lambda word: word.start))
        return HeardLines(text, float((sure & audible).sum() / max(1, audible.sum())))

    def _learn(self, text: str, voice: SpokenVoice) -> Frames:
        learned = _learned(text, voice)
        self._words.append(learned.words)
        self._starts.append(self._starts[-1] + len(learned.blocks))
        self._frames.append(learned.frames)
        return learned.blocks

    def _stretches(self, alike: Frames) -> Iterator[_Stretch]:
        """Yield the stretches, surest first. Each block is in at most one."""
        while (best := max(self._candidates(alike), key=lambda one: one.sure, default=None)) is not None:
            if best.sure < _ENOUGH:
                return
            yield best
            alike[best.first : best.last + 1] = -1.0

    def _candidates(self, alike: Frames) -> Iterator[_Stretch]:
        """Yield the best stretch for each line and start that is the likeliest for at least one block."""
        likeliest = alike.argmax(axis=1)
        lines = np.searchsorted(self._starts, likeliest, side="right") - 1
        for line, at in {
            (int(line), int(block * _STEP - (place - self._starts[line])))
            for block, (line, place) in enumerate(zip(lines, likeliest, strict=True))
            if alike[block, place] > _ALIKE
        }:
            places = np.arange(len(alike)) * _STEP - at
            inside = (places >= 0) & (places < self._starts[line + 1] - self._starts[line])
            follows = np.full(len(alike), -1.0)
            follows[inside] = alike[np.flatnonzero(inside), self._starts[line] + places[inside]]
            yield _best_stretch(line, at, follows - _ALIKE)

    def _said(
        self, stretch: _Stretch, audible: NDArray[np.bool_], *, beyond: bool = False
    ) -> Iterator[_Word]:
        """Yield the audible words within a stretch, at their times in the caller's sound.

        `beyond`: include the neighbouring words, which are too short, or cut too close, to compare alone.
        """
        more = _BLOCK / 2 if beyond else 0
        first, last = stretch.first * _STEP + _BLOCK / 4 - more, stretch.last * _STEP + _BLOCK * 3 / 4 + more
        for word in self._words[stretch.line]:
            moved = _Word(word.text, word.start + stretch.at, word.end + stretch.at)
            during = audible[max(0, round(moved.start)) : max(0, round(moved.end))]
            sounded = float(during.sum()) / max(1.0, word.end - word.start)
            if first <= (moved.start + moved.end) / 2 <= last and sounded > _SOUNDED:
                yield moved

    def _short(self, frames: Frames, audible: NDArray[np.bool_]) -> Iterator[_Word]:
        """Yield the words of a short sound, such as one letter. The sound is compared as a whole."""
        heard = np.flatnonzero(audible)
        if not len(heard) or not _SHORTEST <= (length := int(heard[-1] - heard[0]) + 1) <= 2 * _BLOCK:
            return
        if len(self._all_frames) < length:
            return
        sound = frames[heard[0] : heard[0] + length]
        sound = sound - sound.mean(axis=0)
        windows = sliding_window_view(self._all_frames, length, axis=0).transpose(0, 2, 1)
        windows = windows - windows.mean(axis=1, keepdims=True)
        size = np.sqrt(np.sum(windows**2, axis=(1, 2)) * np.sum(sound**2))
        alike = np.sum(windows * sound, axis=(1, 2)) / np.maximum(size, _FLAT)
        place = int(alike.argmax())
        if alike[place] < _SHORT_ALIKE:
            return
        line = int(np.searchsorted(self._frame_starts, place, side="right")) - 1
        moved = int(heard[0]) - (place - int(self._frame_starts[line]))
        for word in self._words[line]:
            start, end = max(word.start + moved, heard[0]), min(word.end + moved, heard[0] + length)
            if end - start > min(word.end - word.start, length) / 2:
                yield _Word(word.text, word.start + moved, word.end + moved)


@cache
def _learned(text: str, voice: SpokenVoice) -> _Learned:
    """Learn a line's sound. Cached for later stand-ins in this process: a line sounds the same each time."""
    spoken = synthesize(text, voice, sample_rate=SAMPLE_RATE).samples
    with espeak() as engine:
        heard = engine.words(text, voice)
    starts = [word.start_ms / 20 + _BLOCK // 2 for word in heard]
    ends = [*starts[1:], len(spoken) / _HOP + _BLOCK // 2]
    words = tuple(_Word(word.text, start, end) for word, start, end in zip(heard, starts, ends, strict=True))
    frames, _ = _frames(np.concatenate([_PAD, spoken, _PAD]))
    blocks, changing = _blocks(frames, 1)
    return _Learned(words, frames, np.where(changing[:, None], blocks, 0).astype(np.float32))


def _is_plain(text: str) -> bool:
    """Whether espeak-ng reports when each word begins: not for digits or letters of another language."""
    in_one_language = not any(language for language, _ in runs(text))
    return in_one_language and any(map(str.isalpha, text)) and not any(map(str.isdigit, text))


def _best_stretch(line: int, at: int, scores: NDArray[np.float64]) -> _Stretch:
    """Find the run of blocks with the largest sum (Kadane's algorithm)."""
    best, total, first = _Stretch(line, at, 0, 0, float(scores[0])), 0.0, 0
    for block, score in enumerate(scores):
        if total <= 0:
            total, first = 0.0, block
        total += float(score)
        if total > best.sure:
            best = _Stretch(line, at, first, block, total)
    return best


def _is_in(word: _Word, found: Sequence[_Word], *, share: float = 0.5) -> bool:
    """Whether a word that was already found takes more than this share of the word's time."""
    shared = max((min(word.end, one.end) - max(word.start, one.start) for one in found), default=0.0)
    return shared > (word.end - word.start) * share


def _blocks(frames: Frames, step: int) -> tuple[Frames, NDArray[np.bool_]]:
    """Return blocks of _BLOCK frames, scaled so that products are correlations, and which are not silent."""
    if len(frames) < _BLOCK:
        frames = np.pad(frames, ((0, _BLOCK - len(frames)), (0, 0)), mode="edge")
    blocks = sliding_window_view(frames, _BLOCK, axis=0)[::step].copy()
    blocks -= blocks.mean(axis=2, keepdims=True)  # per band: the connection's own colour does not count
    flat = blocks.reshape(len(blocks), -1)
    size = np.sqrt(np.sum(flat**2, axis=1))
    return flat / np.maximum(size, 1e-6)[:, None], size > _FLAT * np.sqrt(_BLOCK)


def _frames(samples: Samples) -> tuple[Frames, NDArray[np.bool_]]:
    """Return the logarithm of each band's energy, frame by frame, and which frames are as loud as speech."""
    padded = np.pad(samples, (0, max(0, _WINDOW - len(samples)))).astype(np.float32)
    windows = sliding_window_view(padded, _WINDOW)[::_HOP] * np.hanning(_WINDOW).astype(np.float32)
    energy = (np.abs(np.fft.rfft(windows, axis=1)) ** 2).astype(np.float32) @ _FILTERS
    loudness = energy.mean(axis=1)
    usual = float(loudness[loudness >= loudness.mean()].mean()) if loudness.any() else 1.0
    return np.log(energy + _FLOOR * usual), loudness > _audible(loudness, usual)


def _audible(loudness: Frames, usual: float) -> float:
    """Return the loudness above which a frame is not silent: a little above the noise between words."""
    noise = float(np.percentile(loudness[loudness > 0], 10)) if loudness.any() else 0.0
    return min(_LOUDEST_NOISE * usual, max(_AUDIBLE * usual, 3 * noise))


def _filters() -> Frames:
    """Return triangular bands, spaced as the ear distinguishes tones (mel)."""
    edges = 700 * (np.geomspace(1 + _LOWEST_HZ / 700, 1 + _HIGHEST_HZ / 700, _BANDS + 2) - 1)
    tones = np.fft.rfftfreq(_WINDOW, 1 / SAMPLE_RATE)[:, None]
    up = (tones - edges[:-2]) / (edges[1:-1] - edges[:-2])
    down = (edges[2:] - tones) / (edges[2:] - edges[1:-1])
    return np.asarray(np.maximum(0, np.minimum(up, down)), np.float32)


_FILTERS = _filters()
