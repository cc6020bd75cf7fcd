"""Finds a known line in a recording, to check that these words sounded, in that voice and at that time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from groq import AsyncGroq
from numpy.typing import NDArray
from pydantic import SecretStr

from agents.audio.prepared_audio import render_prompt
from agents.groq.client import make_client
from agents.groq.tts.groq_tts import GroqTTS
from bench.support.sound_match import Loudness, envelope, trimmed
from local.caller.tape import RATE_HZ, Samples
from local.measure.lanes import Span
from local.speech import resample
from settings import GroqAccess, GroqSettings

_BLOCK_MS = 10  # as in bench.support.sound_match
_PIECE = 40
_STALL = 40
"""How many blocks the sound may stall between two pieces of a line, which is compared piece by piece. On a
busy machine it stalls for some 200 ms. If lines were compared as a whole, another line with one longer word
would fit better."""

_SMOOTHED = 9
"""In blocks: a jitter buffer stretches and shortens speech by some tens of ms, more when a track begins."""


@dataclass(frozen=True, slots=True)
class Found:
    """`like`: the correlation, -1 to 1, between the loudness over time of what was heard and the line's."""

    sound: Span
    like: float


class SpokenLines:
    """Lines as agents speak them, made by the same adapter and service."""

    def __init__(self, client: AsyncGroq) -> None:
        self._client, self._settings = client, GroqSettings()
        self._made: dict[tuple[str, str], Loudness] = {}

    async def find(self, line: str, voice: str, heard: Samples, *, between: Span) -> Found:
        """Return where the line fits best. Its first sound is `between` these times, in ms."""
        wanted = await self._loudness(line, voice)
        first, last = (at_ms // _BLOCK_MS for at_ms in (between.start_ms, between.end_ms))
        longest = last + len(wanted) + 2 * _STALL
        part = np.pad(smoothed(envelope(heard)), (0, longest))[first:longest]
        found = await asyncio.to_thread(
            fitted, wanted, part, until=last - first
        )  # meanwhile the call continues
        return Found(
            Span(found.sound.start_ms + first * _BLOCK_MS, found.sound.end_ms + first * _BLOCK_MS), found.like
        )

    async def _loudness(self, line: str, voice: str) -> Loudness:
        if (voice, line) not in self._made:
            audio = await render_prompt(GroqTTS(self._client, self._settings, voice=voice), line)
            samples = resample(np.frombuffer(audio.samples, np.int16), audio.sample_rate, RATE_HZ)
            self._made[voice, line] = smoothed(envelope(trimmed(samples)))
        return self._made[voice, line]


@asynccontextmanager
async def spoken_lines(groq: str) -> AsyncIterator[SpokenLines]:
    """Yield the lines as the stand-in speaks them. `groq`: its address."""
    access = GroqAccess(api_key=SecretStr("stand-in"), base_url=groq)
    async with make_client(GroqSettings(), access) as client:
        yield SpokenLines(client)


def fitted(wanted: Loudness, heard: Loudness, *, until: int) -> Found:
    """Return where the line fits best, if it begins in block `until` at the latest.

    It is compared piece by piece, in order: on a busy machine the sound may stall between two pieces.
    """
    pieces = [wanted[at : at + _PIECE] for at in range(0, len(wanted), _PIECE)]
    sounded = np.concatenate(([0.0], np.cumsum(heard**2)))[:-1]
    cost = _unlike(heard, pieces[0])  # cost of the line so far, if the piece begins in this block
    cost[until + 1 :] = np.inf
    stalls: list[NDArray[np.intp]] = []
    for before, piece in pairwise(pieces):
        # Whatever sounds during a stall is not part of this line.
        ways = [
            _later(cost, len(before) + stall) + sounded - _later(sounded, stall, 0.0)
            for stall in range(_STALL + 1)
        ]
        stalls.append(np.argmin(ways, axis=0))
        cost = np.min(ways, axis=0) + _unlike(heard, piece)
    starts = [int(np.argmin(cost))]
    for before, stall in zip(pieces[-2::-1], reversed(stalls), strict=True):
        starts.append(starts[-1] - len(before) - int(stall[starts[-1]]))
    starts.reverse()
    same = np.concatenate([heard[at : at + len(one)] for at, one in zip(starts, pieces, strict=True)])
    end = starts[-1] + len(pieces[-1])
    return Found(Span(starts[0] * _BLOCK_MS, end * _BLOCK_MS), _correlation(same, wanted))


def _unlike(heard: Loudness, piece: Loudness) -> Loudness:
    """Return the squared differences from what was heard from each block; infinite if too little is left."""
    windows = np.lib.stride_tricks.sliding_window_view(heard, len(piece))
    unlike = np.full(len(heard), np.inf)
    unlike[: len(windows)] = ((windows - piece) ** 2).sum(axis=1)
    return unlike


def _later(costs: Loudness, by: int, before: float = np.inf) -> Loudness:
    return np.concatenate((np.full(by, before), costs))[: len(costs)]


def smoothed(loudness: Loudness) -> Loudness:
    return np.convolve(loudness, np.full(_SMOOTHED, 1 / _SMOOTHED), mode="same")


def _correlation(one: Loudness, two: Loudness) -> float:
    return float(np.corrcoef(one, two)[0, 1]) if np.ptp(one) else 0.0
