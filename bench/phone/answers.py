"""The answers of answers_*.yaml: as sounds for a softphone, and as a script for the stand-in."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import yaml

from agents.audio.espeak import SpokenVoice
from local.caller.tape import Samples
from local.measure.lanes import spans
from local.phone.demo.play import write_wav
from local.speech import say_line

Kind = Literal["person", "mailbox", "menu", "screening", "ringback", "silence"]

SETS = ("tuned", "kept_back", "german")
"""The words were chosen with `tuned` in view, never with the others."""
_UNHEARD = "german"
"""The stand-in knows none of its lines, as speech to text is set to English."""
KINDS: tuple[Kind, ...] = ("person", "mailbox", "menu", "screening", "ringback", "silence")
MACHINES: frozenset[Kind] = frozenset({"mailbox", "menu", "screening"})
RATE_HZ = 8_000
PAUSE_S = 0.6
TONE_HZ = 440.0
"""Too low for a mailbox's beep. It shows when an accepted person is heard."""
_BAND_HZ = (300.0, 3_400.0)
_NOISE_DB = 25.0
"""dB of the noise below the voice: at least this, and up to 10 more."""
_BEFORE_S, _BEEP_AFTER_S, _BEEP_S = (0.4, 1.0), 0.5, 0.5
_LASTS_S = 45.0
_TONE_AFTER_S, _TONE_S = 0.5, 8.0
_LOUD = 8_000.0
_SEED = 28
_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of the files. `number` counts the answers of its kind in its set, from 1."""

    of: str
    kind: Kind
    number: int
    voice: str = ""
    says: Sequence[str] = ()
    then: str = ""
    beep: float | None = None
    key: str = ""
    hertz: Sequence[float] = ()
    on_s: float = 0.0
    off_s: float = 0.0
    noise_db: float | None = None

    @property
    def name(self) -> str:
        return f"{self.of}-{self.kind}-{self.number}"


@dataclass(frozen=True, slots=True)
class Sound:
    """A WAV at RATE_HZ. Its words begin and end at these seconds; both are 0 if it has none."""

    path: Path
    begins_s: float = 0.0
    ends_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Answers:
    all: Sequence[Answer]
    voices: Mapping[str, SpokenVoice] = field(default_factory=dict)

    def chosen(self, sets: Sequence[str], kinds: Sequence[str]) -> Sequence[Answer]:
        return [each for each in self.all if each.of in sets and each.kind in kinds]

    def script(self) -> dict[str, Any]:
        """Return the stand-in's script: it hears each line, and each part of one, in its own voice."""
        heard = [each for each in self.all if each.of != _UNHEARD]
        lines = [(each.voice, part) for each in heard for part in (*each.says, each.then) if part]
        spoken = [{"say": text, "voice": voice} for voice, text in dict.fromkeys(lines) if text not in "12"]
        voices = {
            name: {"name": voice.name, "words_per_minute": voice.words_per_minute, "pitch": voice.pitch}
            for name, voice in self.voices.items()
        }
        return {"callers": {"telephones": spoken}, "voices": voices}

    def sound(self, answer: Answer, folder: Path) -> Sound:
        """Return what is heard once the call is answered. The noise continues for 45 s."""
        chance = random.Random(f"{_SEED} {answer.name}")
        noise = _noise_db(answer, chance)
        path = folder / f"{answer.name}.wav"
        if answer.kind == "silence":
            level = noise if answer.noise_db is not None else 90.0
            write_wav(path, _telephone(np.zeros(0), level), RATE_HZ)
            return Sound(path)
        if answer.kind == "ringback":
            write_wav(path, _telephone(_ringing(answer), noise), RATE_HZ)
            return Sound(path)
        before = np.zeros(round(chance.uniform(*_BEFORE_S) * RATE_HZ))
        words = self._said(answer.says, answer.voice)
        parts = [before, words]
        if answer.beep is not None:
            parts += [np.zeros(round(_BEEP_AFTER_S * RATE_HZ)), tone(answer.beep, _BEEP_S)]
        write_wav(path, _telephone(np.concatenate(parts), noise), RATE_HZ)
        loud = spans(words.astype(np.int16), RATE_HZ)
        began = len(before) / RATE_HZ
        return Sound(path, began + loud[0].start_ms / 1000, began + loud[-1].end_ms / 1000)

    def reply(self, answer: Answer, folder: Path, *, then_tone: bool = True) -> Sound:
        """Return a person's `then`, in the noise of their room, for 45 s.

        `then_tone`: TONE_HZ half a second later, then nothing. For a key, only the tone.
        """
        path = folder / f"{answer.name}-then.wav"
        if answer.then in {"1", "2"}:
            write_wav(path, tone(TONE_HZ, _TONE_S).astype(np.int16), RATE_HZ)
            return Sound(path)
        words = self._said([answer.then], answer.voice)
        loud = spans(words.astype(np.int16), RATE_HZ)
        said = _telephone(words, _noise_db(answer, random.Random(f"{_SEED} {answer.name}")))
        end_s = loud[-1].end_ms / 1000
        if then_tone:
            until_tone = said[: round((end_s + _TONE_AFTER_S) * RATE_HZ)]
            said = np.concatenate([until_tone, tone(TONE_HZ, _TONE_S).astype(np.int16)])
        write_wav(path, said, RATE_HZ)
        return Sound(path, loud[0].start_ms / 1000, end_s)

    def room(self, answer: Answer, folder: Path) -> Path:
        """Return the noise of a person's room while nobody speaks, for 45 s."""
        path = folder / f"{answer.name}-room.wav"
        noise_db = _noise_db(answer, random.Random(f"{_SEED} {answer.name}"))
        write_wav(path, _telephone(np.zeros(0), noise_db), RATE_HZ)
        return path

    def _said(self, parts: Sequence[str], voice: str) -> np.ndarray:
        spoken = say_line(parts, self.voices[voice], pause_s=PAUSE_S, sample_rate=RATE_HZ)
        return spoken.samples.astype(float)


def answers() -> Answers:
    found: list[Answer] = []
    voices: dict[str, SpokenVoice] = {}
    for name in SETS:
        rows = yaml.safe_load((_FOLDER / f"answers_{name}.yaml").read_text(encoding="utf-8"))
        voices |= {voice: SpokenVoice(**of) for voice, of in rows.pop("voices").items()}
        found += [
            Answer(name, kind, number, **row)
            for kind in KINDS
            for number, row in enumerate(rows.get(kind, ()), start=1)
        ]
    return Answers(found, voices)


def tone(hertz: float, seconds: float) -> np.ndarray:
    return _LOUD * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE_HZ)) / RATE_HZ)


def _noise_db(answer: Answer, chance: random.Random) -> float:
    return chance.uniform(_NOISE_DB, _NOISE_DB + 10) if answer.noise_db is None else answer.noise_db


def _ringing(answer: Answer) -> np.ndarray:
    """Return the tone that a caller hears while it rings elsewhere."""
    once = np.sum([tone(hertz, answer.on_s) / len(answer.hertz) for hertz in answer.hertz], axis=0)
    silent = np.zeros(round(answer.off_s * RATE_HZ))
    return np.tile(np.concatenate([once, silent]), 4)


def _telephone(sound: np.ndarray, noise_db: float) -> Samples:
    """Limit the sound to a telephone's band, with noise `noise_db` below _LOUD, for 45 s."""
    length = round(_LASTS_S * RATE_HZ)
    padded = np.pad(sound, (0, max(0, length - len(sound))))[:length]
    noise = np.random.default_rng(_SEED).normal(0, _LOUD / 10 ** (noise_db / 20), length)
    spectrum = np.fft.rfft(padded + noise)
    hertz = np.fft.rfftfreq(length, 1 / RATE_HZ)
    spectrum[(hertz < _BAND_HZ[0]) | (hertz > _BAND_HZ[1])] = 0
    return np.clip(np.fft.irfft(spectrum, length), -32_000, 32_000).astype(np.int16)
