"""Finds a known line in a recording: the words are those, in that voice, and they sounded then."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import numpy as np
from groq import AsyncGroq
from numpy.typing import NDArray
from pydantic import SecretStr

from agents.audio.prepared_audio import render_prompt
from agents.groq.client import make_client
from agents.groq.tts.groq_tts import GroqTTS
from bench.support.sound_match import envelope, trimmed
from local.caller.tape import RATE_HZ, Samples
from local.measure.lanes import Span
from local.speech import resample
from settings import GroqAccess, GroqSettings

_BLOCK_MS = 10  # as in bench.support.sound_match
_SMOOTHED = 9
"""Blocks: a jitter buffer stretches and shortens speech by some tens of ms, more at a track's beginning."""


@dataclass(frozen=True, slots=True)
class Found:
    """`like`: the correlation, -1 to 1, of the loudness over time of what was heard with the line's."""

    sound: Span
    like: float


class SpokenLines:
    """Lines as agents speak them, made by the same adapter and service."""

    def __init__(self, client: AsyncGroq) -> None:
        self._client, self._settings = client, GroqSettings()
        self._made: dict[tuple[str, str], NDArray[np.float64]] = {}

    async def find(self, line: str, voice: str, heard: Samples, *, between: Span) -> Found:
        """The place at which the line fits best; its first sound is `between` these times, in ms."""
        wanted = await self._loudness(line, voice)
        first, last = (at_ms // _BLOCK_MS for at_ms in (between.start_ms, between.end_ms))
        loud = np.pad(_smoothed(envelope(heard)), (0, len(wanted) + max(0, last)))
        likeness = [_correlation(loud[at : at + len(wanted)], wanted) for at in range(first, last + 1)]
        best = int(np.argmax(likeness))
        start_ms = (first + best) * _BLOCK_MS
        return Found(Span(start_ms, start_ms + len(wanted) * _BLOCK_MS), likeness[best])

    async def _loudness(self, line: str, voice: str) -> NDArray[np.float64]:
        if (voice, line) not in self._made:
            audio = await render_prompt(GroqTTS(self._client, self._settings, voice=voice), line)
            samples = resample(np.frombuffer(audio.samples, np.int16), audio.sample_rate, RATE_HZ)
            self._made[voice, line] = _smoothed(envelope(trimmed(samples)))
        return self._made[voice, line]


@asynccontextmanager
async def spoken_lines(groq: str) -> AsyncIterator[SpokenLines]:
    """`groq`: the stand-in's address."""
    access = GroqAccess(api_key=SecretStr("stand-in"), base_url=groq)
    async with make_client(GroqSettings(), access) as client:
        yield SpokenLines(client)


def _smoothed(loudness: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.convolve(loudness, np.full(_SMOOTHED, 1 / _SMOOTHED), mode="same")


def _correlation(one: NDArray[np.float64], two: NDArray[np.float64]) -> float:
    return float(np.corrcoef(one, two)[0, 1]) if np.ptp(one) else 0.0
