"""Speech synthesis by espeak-ng, for the stand-in's voices and the scripted caller."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

import av  # resamples with FFmpeg; a dependency of livekit-agents
import numpy as np

from agents.audio.espeak import Samples, SpokenVoice, espeak
from agents.audio.spare_voice import normalized
from local.spoken_language import runs

__all__ = ["CALLER", "GROQ_VOICES", "Samples", "Speech", "SpokenVoice", "synthesize"]


@dataclass(frozen=True, slots=True)
class Speech:
    """16-bit mono samples."""

    samples: Samples
    sample_rate: int

    @property
    def duration_s(self) -> float:
        return len(self.samples) / self.sample_rate


CALLER = SpokenVoice("en-us+f5", 155)
"""The scripted caller: the espeak-ng voice that pocketsphinx recognizes best (groq-facts)."""

GROQ_VOICES = {
    "autumn": SpokenVoice("en-us+f2", 160, 48, 55),
    "diana": SpokenVoice("en+f4", 165, 50, 50),
    "hannah": SpokenVoice("en-us+linda", 160, 42, 50),
    "austin": SpokenVoice("en-us+m3", 160, 52, 50),
    "daniel": SpokenVoice("en+m7", 160, 46, 45),
    "troy": SpokenVoice("en-us+m1", 165, 38, 45),
}
"""Orpheus's voices on Groq, each replaced by a different espeak-ng voice."""


def at_speed(voice: SpokenVoice, speed: float) -> SpokenVoice:
    return replace(voice, words_per_minute=round(voice.words_per_minute * speed))


def synthesize(text: str, voice: SpokenVoice, *, sample_rate: int = 24_000) -> Speech:
    """Speak `text`. Takes 2 to 7 ms a line, 50 ms for the first one in a process. Thread-safe.

    Words in a script other than Latin are spoken in their own language.
    """
    with espeak() as engine:
        spoken = [
            engine.say(words, voice.speaking(language) if language else voice)
            for language, words in runs(text)
        ]
        rate = engine.sample_rate
    samples = np.concatenate(spoken) if spoken else np.zeros(0, np.int16)
    return Speech(resample(normalized(samples), rate, sample_rate), sample_rate)


async def speak(text: str, voice: SpokenVoice, *, sample_rate: int = 24_000) -> Speech:
    """`synthesize` in a worker thread."""
    return await asyncio.to_thread(synthesize, text, voice, sample_rate=sample_rate)


def silence(seconds: float, *, sample_rate: int = 24_000) -> Speech:
    return Speech(np.zeros(round(seconds * sample_rate), np.int16), sample_rate)


def join(parts: Sequence[Speech], *, pause_s: float = 0.0) -> Speech:
    """Concatenate parts with `pause_s` seconds of silence between them. All need the same sample rate."""
    rate = parts[0].sample_rate
    if any(part.sample_rate != rate for part in parts):
        raise ValueError("parts of different sample rates cannot be joined")
    pause = silence(pause_s, sample_rate=rate).samples
    pieces = [piece for part in parts for piece in (part.samples, pause)][:-1]
    return Speech(np.concatenate(pieces), rate)


def say_line(
    parts: Sequence[str], voice: SpokenVoice = CALLER, *, pause_s: float = 0.4, sample_rate: int = 24_000
) -> Speech:
    """Speak a line in parts, with `pause_s` seconds of silence between them."""
    spoken = [synthesize(part, voice, sample_rate=sample_rate) for part in parts]
    return join(spoken, pause_s=pause_s)


def resample(samples: Samples, from_rate: int, to_rate: int) -> Samples:
    """Resample mono samples without aliasing."""
    if from_rate == to_rate or not len(samples):
        return samples
    frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
    frame.sample_rate = from_rate
    resampler = av.AudioResampler(format="s16", layout="mono", rate=to_rate)
    pieces = [out.to_ndarray()[0] for source in (frame, None) for out in resampler.resample(source)]
    return np.concatenate(pieces) if pieces else np.zeros(0, np.int16)
