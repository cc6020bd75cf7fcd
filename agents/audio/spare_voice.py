"""The voice on this machine: espeak-ng speaks when Groq's voice cannot. It needs no network and no account.

The library releases the interpreter's lock while it speaks: 3 to 15 ms a piece, in a thread. Meanwhile the
event loop was held for no longer than by an idle thread (docs/measurements.md).
"""

from __future__ import annotations

import asyncio

import numpy as np
from livekit import rtc

from agents.audio.espeak import Samples, SpokenVoice, espeak

_MEN = frozenset({"austin", "daniel", "troy"})
"""Groq's male voices, according to console.groq.com/docs/text-to-speech."""
_WOMAN, _MAN = SpokenVoice("en-us+f3", 160, 45, 55), SpokenVoice("en-us+m3", 160, 45, 55)

_LOUDNESS = 2600.0  # RMS of 16-bit samples that every voice is normalized to
_PEAK = 30_000.0

_CHARACTERS_A_SECOND = 15.0
"""The pace of Groq's voices: 200 characters are about 13 s of speech."""


def spare_for(voice: str) -> SpokenVoice:
    """Return the spare for one of Groq's voices: male for a male voice, female for all others."""
    return _MAN if voice in _MEN else _WOMAN


async def speak(text: str, voice: SpokenVoice, *, rate: int) -> Samples:
    """Speak in a thread; return mono samples, `rate` a second. A process's first call takes 20 ms longer."""
    return await asyncio.to_thread(_speak, text, voice, rate)


def still_unsaid(text: str, said_s: float) -> str:
    """Return the rest of a text after about `said_s` seconds were heard, from the word then being said."""
    place = round(said_s * _CHARACTERS_A_SECOND)
    return text[text.rfind(" ", 0, place) + 1 :] if place < len(text) else ""


def normalized(samples: Samples) -> Samples:
    """Return the samples at the loudness of every other voice here."""
    if not len(samples):
        return samples
    exact = samples.astype(np.float64)
    loudness = float(np.sqrt(np.mean(exact**2)))
    if loudness == 0:
        return samples
    factor = min(_LOUDNESS / loudness, _PEAK / float(np.abs(exact).max()))
    return (exact * factor).astype(np.int16)


def _speak(text: str, voice: SpokenVoice, rate: int) -> Samples:
    with espeak() as engine:
        spoken, spoken_rate = engine.say(text, voice), engine.sample_rate
    resampler = rtc.AudioResampler(spoken_rate, rate)
    frames = [*resampler.push(bytearray(normalized(spoken).tobytes())), *resampler.flush()]
    return np.concatenate([np.zeros(0, np.int16), *(np.frombuffer(frame.data, np.int16) for frame in frames)])
