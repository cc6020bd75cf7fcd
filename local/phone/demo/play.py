"""Plays the demo's call: what each side says and does, and when."""

from __future__ import annotations

import asyncio
import wave
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from errors import SetupFailed
from local.caller.tape import RATE_HZ, Samples
from local.phone.demo.roster import ASKS, LINE
from local.phone.network import PhoneNetwork
from local.phone.softphone import Softphone
from local.speech import CALLER, SpokenVoice, resample, say_line
from persistence.contract.store import Store
from persistence.records import Call, Handoff, HandoffState

_RATE_HZ = 8_000
_WAIT_S = 60.0
_LOOK_S = 0.1
_PICKS_UP_AFTER_S = 2.0
_THINKS_S = 1.5
_ANNA = SpokenVoice("en-gb+f2", 165)


@dataclass(slots=True)
class Telephone:
    """One end of the call: what it said and heard."""

    phone: Softphone
    folder: Path
    name: str
    voice: SpokenVoice
    said: list[tuple[float, Samples]] = field(default_factory=list)

    async def records(self) -> None:
        await self.phone.record(self.folder / f"{self.name}-heard.wav")

    async def says(self, line: str) -> None:
        """Say a line. Returns once it was said."""
        spoken = await asyncio.to_thread(say_line, [line], self.voice, sample_rate=_RATE_HZ)
        path = self.folder / f"{self.name}-{len(self.said)}.wav"
        write_wav(path, spoken.samples, _RATE_HZ)
        await self.phone.play(path)
        self.said.append((asyncio.get_running_loop().time(), spoken.samples))
        await asyncio.sleep(len(spoken.samples) / _RATE_HZ)

    def lane(self, zero_s: float) -> Samples:
        """Return what this telephone said, from `zero_s` on, at RATE_HZ."""
        placed = [
            (round((at - zero_s) * RATE_HZ), resample(said, _RATE_HZ, RATE_HZ)) for at, said in self.said
        ]
        lane = np.zeros(max((at + len(said) for at, said in placed), default=0), np.int16)
        for at, said in placed:
            lane[at : at + len(said)] = said
        return lane

    def heard(self, zero_s: float) -> Samples:
        """Return what this telephone heard, likewise. Its recording begins with its first sound."""
        began = next(each.at for each in self.phone.all("sound") if each.more["flows"])
        with wave.open(str(self.folder / f"{self.name}-heard.wav")) as file:
            sound = np.frombuffer(file.readframes(file.getnframes()), np.int16)
        silence = np.zeros(max(0, round((began - zero_s) * RATE_HZ)), np.int16)
        return np.concatenate([silence, resample(sound, _RATE_HZ, RATE_HZ)])


async def play(
    network: PhoneNetwork,
    store: Store,
    folder: Path,
    caller: Softphone,
    anna: Softphone,
    tell: Callable[[str], None],
) -> tuple[Telephone, Telephone, Handoff]:
    """Play one call, from dialling until Anna hangs up. Raises: SetupFailed, with the missing step."""
    theirs, hers = Telephone(caller, folder, "caller", CALLER), Telephone(anna, folder, "anna", _ANNA)
    await theirs.records()
    await hers.records()
    await anna.answers(_PICKS_UP_AFTER_S)
    step = "the front desk answers"
    try:
        await caller.call(LINE, network.address)
        await caller.until("answered", limit_s=_WAIT_S)
        await _until(lambda: _has_spoken(store))
        tell(step)
        await asyncio.sleep(_THINKS_S)
        await theirs.says(ASKS)
        step = "Anna's telephone rings"
        await anna.until("invited", limit_s=_WAIT_S)
        tell(step)
        await anna.until("answered")
        await hers.says("hello, this is Anna")
        step = "Anna is asked whether she takes the call"
        await anna.until("quiet", times=len(anna.all("quiet")) + 1, limit_s=_WAIT_S)
        tell("Anna hears what it is about, and presses 1")
        await anna.press("1")
        step = "the caller is put through"
        await _until(lambda: _completed(store))
        tell(step)
        await asyncio.sleep(_THINKS_S * 2)
        await hers.says("hello, I hear that your router does not start")
        await theirs.says("yes, it has no lights at all")
        await hers.says("then I will send you a new one today, goodbye")
        await asyncio.sleep(_THINKS_S)
    except TimeoutError:
        raise SetupFailed(f"this step of the call did not happen: {step}") from None
    await anna.hang_up()
    tell("Anna hangs up")
    for each in (caller, anna):
        await each.until("recorded")
    (handoff,) = await store.handoffs(call_id=(await _call(store)).id)
    return theirs, hers, handoff


async def _call(store: Store) -> Call:
    return (await store.calls(limit=1))[0]


async def _has_spoken(store: Store) -> bool:
    calls = await store.calls(limit=1)
    return bool(calls and await store.turns(calls[0].id))


async def _completed(store: Store) -> bool:
    handoffs = await store.handoffs(call_id=(await _call(store)).id)
    return any(handoff.state is HandoffState.COMPLETED for handoff in handoffs)


async def _until(met: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(_WAIT_S):
        while not await met():  # noqa: ASYNC110 - the store gives no notice to another process
            await asyncio.sleep(_LOOK_S)


def write_wav(path: Path, samples: Samples, rate: int) -> None:
    """Write 16-bit mono samples as a WAV."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())
