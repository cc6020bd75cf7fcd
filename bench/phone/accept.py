"""The part `accept`: from key 1 to the person's voice at the caller's, and what leaks before it.

Also the bridge's delay both ways.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from bench.phone.answers import tone
from bench.phone.lines import Line, Lines, Talk, was_accepted
from bench.support.environment import NotMeasured
from bench.support.statistics import percentile
from local.caller.caller import Caller
from local.caller.tape import RATE_HZ, Samples
from local.demo.progress import Progress
from local.measure.lanes import spans
from local.phone.demo.play import write_wav
from local.phone.softphone import Softphone
from local.speech import resample
from persistence.phones import DialState

LEAK_DB = 60.0
_HZ = 3_000.0
"""Too high for a mailbox's beep."""
_BURST_HZ = 2_000.0
"""A second tone, because the end of the first one may still be in transit."""
_PHONE_HZ = 8_000
_LONG_S, _BURST_S = 40.0, 0.3
_QUIET_S = 1.5
_LIMIT_S = 40.0
_SETTLES_S, _LOOK_S = 2.0, 2.0


@dataclass(frozen=True, slots=True)
class Accepted:
    """`leak_db`: how much louder the tone is at the caller's after key 1 than ever before it."""

    accept_ms: int
    leak_db: float
    to_caller_ms: int
    to_phone_ms: int


async def accept(progress: Progress, lines: Lines, *, rounds: int) -> dict[str, object]:
    """Measure `rounds` talks, spread over the telephones. Raises: NotMeasured."""
    parts = [range(place, rounds, len(lines.lines)) for place in range(len(lines.lines))]
    found = await asyncio.gather(
        *(
            _on_one_line(progress, lines, line, len(part))
            for line, part in zip(lines.lines, parts, strict=True)
        )
    )
    if not (talks := [talk for line in found for talk in line]):
        raise NotMeasured("no talk was measured")
    ears = [max(talk.to_caller_ms, talk.to_phone_ms) for talk in talks]
    return {
        "accept_p95_ms": percentile([talk.accept_ms for talk in talks], 95),
        "accepts": [talk.accept_ms for talk in talks],
        "mouth_to_ear_ms": percentile(ears, 95),
        "to_caller_ms": [talk.to_caller_ms for talk in talks],
        "to_phone_ms": [talk.to_phone_ms for talk in talks],
        "whisper_leaks": sum(talk.leak_db < LEAK_DB for talk in talks),
        "whispers": len(talks),
        "least_leak_db": round(min(talk.leak_db for talk in talks), 1),
    }


async def _on_one_line(progress: Progress, lines: Lines, line: Line, talks: int) -> Sequence[Accepted]:
    found = []
    for _ in range(talks):
        one = await lines.tried(line, progress, "a talk", partial(_one, folder=lines.folder))
        if one is None:
            continue
        found.append(one)
        progress.step(
            f"accepted after {one.accept_ms} ms; delays {one.to_caller_ms}, {one.to_phone_ms} ms; "
            f"the tone {one.leak_db:.0f} dB lower under the whisper"
        )
    return found


async def _one(talk: Talk, folder: Path) -> Accepted:
    phone, caller = talk.phone, talk.caller
    spoken, quiet = len(phone.all("hears")), len(phone.all("quiet"))
    await phone.play(_wav(folder / "tone.wav", _LONG_S), loop=True)
    await phone.answers(0.5)
    handoff = await talk.hands_over()
    await phone.until("hears", times=spoken + 1, limit_s=_LIMIT_S)
    whisper_from_ms = caller.now_ms
    await phone.until("quiet", times=quiet + 1, limit_s=_LIMIT_S)
    pressed_ms = caller.now_ms
    await phone.press("1")
    ended = await talk.ends(handoff)
    if not was_accepted(ended):
        raise NotMeasured(f"key 1 was no yes: {[dial.state.value for dial in await talk.dials()]}")
    heard_ms = await tone_heard(caller, _HZ, since_ms=pressed_ms)
    await asyncio.sleep(_SETTLES_S)
    under = _level(caller, whisper_from_ms, pressed_ms)
    after = _level(caller, heard_ms, heard_ms + 1_500)
    to_caller = await _to_caller(phone, caller, folder)
    to_phone = await _to_phone(phone, caller)
    await phone.hang_up()
    await talk.ended()
    await talk.dial(1, DialState.TALKED)
    await talk.is_free()
    leak_db = 20 * float(np.log10(after / under))
    return Accepted(heard_ms - pressed_ms, leak_db, to_caller, to_phone)


async def _to_caller(phone: Softphone, caller: Caller, folder: Path) -> int:
    """Return the ms from the telephone's sound to the caller's ear, after a silence."""
    await phone.play(_wav(folder / "burst.wav", _BURST_S, silent=True))
    await asyncio.sleep(_QUIET_S)
    played_ms = caller.now_ms
    await phone.play(_wav(folder / "burst.wav", _BURST_S, hertz=_BURST_HZ))
    await asyncio.sleep(_QUIET_S)
    return tone_begins(caller, _BURST_HZ, since_ms=played_ms) - played_ms


async def _to_phone(phone: Softphone, caller: Caller) -> int:
    heard = len(phone.all("hears"))
    loop = asyncio.get_running_loop()
    zero_s = loop.time() - caller.now_ms / 1000
    burst = resample(tone(1_000.0, _BURST_S).astype(np.int16), _PHONE_HZ, RATE_HZ)
    span = await caller.play(burst)
    at = (await phone.until("hears", times=heard + 1)).at
    return round(1000 * (at - zero_s)) - span.start_ms


async def tone_heard(caller: Caller, hertz: float, *, since_ms: int, limit_s: float = _LIMIT_S) -> int:
    """Wait for this tone. Returns when it was first heard, on the caller's clock. Raises: NotMeasured."""
    for _ in range(round(limit_s / _LOOK_S)):
        await asyncio.sleep(_LOOK_S)  # looking takes time, which would delay what is measured
        with suppress(NotMeasured):
            return tone_begins(caller, hertz, since_ms=since_ms)
    raise NotMeasured("the caller does not hear the person's tone")


def tone_begins(caller: Caller, hertz: float, *, since_ms: int) -> int:
    """Return when 20 ms of this tone are first heard, on the caller's clock. Raises: NotMeasured."""
    step = RATE_HZ // 50
    heard = caller.audio()[since_ms * RATE_HZ // 1000 :]
    for place in range(len(heard) // step):
        part = heard[place * step : (place + 1) * step]
        if amplitude(part, hertz) > 500:
            begins = max(0, place - 1)
            sounds = spans(heard[begins * step : (place + 1) * step], RATE_HZ)
            return since_ms + 20 * begins + sounds[0].start_ms
    raise NotMeasured("the caller does not hear the person's tone")


def amplitude(samples: Samples, hertz: float) -> float:
    """Return a tone's amplitude in this audio, of 32,767."""
    wave = np.exp(-2j * np.pi * hertz * np.arange(len(samples)) / RATE_HZ)
    return float(abs(np.dot(samples.astype(float), wave))) * 2 / len(samples)


def _level(caller: Caller, from_ms: int, to_ms: int) -> float:
    """Return the tone's largest amplitude in any half second of any voice's track; at least 1."""
    step = RATE_HZ // 2
    levels = [1.0]
    for identity in {track.identity for track in caller.tracks if not track.is_music}:
        heard = caller.audio(identity)[from_ms * RATE_HZ // 1000 : to_ms * RATE_HZ // 1000]
        levels += [amplitude(heard[at : at + step], _HZ) for at in range(0, len(heard) - step + 1, step)]
    return max(levels)


def _wav(path: Path, seconds: float, *, hertz: float = _HZ, silent: bool = False) -> Path:
    sound = np.zeros(round(_PHONE_HZ * seconds)) if silent else tone(hertz, seconds)
    path = path.with_stem(f"{path.stem}-{'silent' if silent else 'loud'}-{seconds}")
    if not path.exists():
        write_wav(path, sound.astype(np.int16), _PHONE_HZ)
    return path
