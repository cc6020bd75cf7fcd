"""`python -m bench.load.callers`: all callers of a run, in one process, so that their share can be measured.

Reads a Plan from stdin, then Taken lines; writes a Heard line for each caller whose call is over.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import math
import sys
from collections.abc import Mapping, Sequence

import numpy as np
import uvloop
from livekit import rtc

from bench.load.light_caller import SPEAKS_HZ, LightCaller
from bench.load.plan import Heard, Plan, PlannedCall, Taken
from local.caller.tape import Samples
from local.native_exit import exit_now
from local.speech import CALLER, synthesize

_ANSWER_LIMIT_S = 15.0
_SPEECH_LIMIT_S = 30.0
_BABBLE_S, _LOUDEST = 5.0, 16_000
_HANDOFF_LIMIT_S = 30.0
_LOOK_S = 0.1
_PAUSE_S = 0.7  # of silence after which it is the caller's turn


def babble(lines: Sequence[Samples]) -> Samples:
    """Return 5 s of all lines at once, backwards: speech for a voice detector, but without a word in it."""
    size = round(_BABBLE_S * SPEAKS_HZ)
    voices = [
        np.roll(np.resize(line[::-1], size), size * place // len(lines)) for place, line in enumerate(lines)
    ]
    mixed = np.sum(voices, axis=0, dtype=np.float64)
    loud: Samples = (mixed * _LOUDEST / np.abs(mixed).max()).astype(np.int16)
    return loud


class Call:
    """One caller's call."""

    def __init__(
        self,
        planned: PlannedCall,
        plan: Plan,
        lines: Sequence[Samples],
        handing_over: Samples,
        number: int,
    ) -> None:
        self._planned, self._plan = planned, plan
        self._babble = babble(lines) if planned.noise else np.zeros(0, np.int16)
        self._handing_over = handing_over
        self._lines = itertools.islice(itertools.cycle(lines), number % len(lines), None)
        self.taken = asyncio.Event()
        if not planned.waits:
            self.taken.set()
        self._greeted: float | None = None
        self._taken_s: float | None = None
        self._turns: list[float] = []
        self._silences: list[float] = []
        self._unanswered = 0
        self._gave_up = False
        self._late_s = 0.0

    async def play(self) -> Heard:
        await asyncio.sleep(self._planned.at_s)
        watching = asyncio.create_task(self._watch_loop(), name="lateness")
        lost = ""
        try:
            async with LightCaller.join(self._plan.url, self._planned.token) as caller:
                await self._talk(caller)
                if caller.over.is_set():
                    lost = "the room was closed"
        except (rtc.ConnectError, TimeoutError) as error:
            lost = type(error).__name__
        finally:
            watching.cancel()
        if self._greeted is None and not lost:
            lost = "nobody spoke"
        return Heard(
            room=self._planned.room,
            greeted_s=self._greeted,
            taken_s=self._taken_s,
            turns_s=tuple(self._turns),
            silences_s=tuple(self._silences),
            unanswered=self._unanswered,
            gave_up=self._gave_up,
            late_s=self._late_s,
            lost=lost,
        )

    async def _watch_loop(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            await asyncio.sleep(_LOOK_S)
            self._late_s = max(self._late_s, loop.time() - began - _LOOK_S)

    async def _talk(self, caller: LightCaller) -> None:
        if not self._planned.waits:
            await caller.open_microphone()
        self._greeted = await caller.hears(0.0, limit_s=_ANSWER_LIMIT_S)
        if self._greeted is None:
            return
        self._silences.append(self._greeted)
        if not await self._is_taken(caller):
            self._gave_up = True
            return
        self._taken_s = caller.now
        if self._planned.waits:
            await caller.open_microphone()
        until = caller.now + self._planned.talk_s
        if self._planned.noise:
            while caller.now < until and not caller.over.is_set():
                await caller.say(self._babble)
        else:
            await self._converse(caller, until)

    async def _converse(self, caller: LightCaller, until: float) -> None:
        await caller.hears_out(_PAUSE_S, limit_s=_SPEECH_LIMIT_S)
        hands_over_at = (caller.now + until) / 2 if self._planned.hands_over else math.inf
        while caller.now < until and not caller.over.is_set():
            if caller.now >= hands_over_at:
                hands_over_at = math.inf
                await self._hand_over(caller)
            next_at = caller.now + self._planned.every_s
            said = await caller.say(next(self._lines))
            answered = await caller.hears(said, limit_s=_ANSWER_LIMIT_S)
            if answered is None:
                self._unanswered += 1
                self._silences.append(_ANSWER_LIMIT_S)
                continue
            self._turns.append(answered - said)
            self._silences.append(answered - said)
            await caller.hears_out(_PAUSE_S, limit_s=_SPEECH_LIMIT_S)
            await asyncio.sleep(max(0.0, next_at - caller.now))

    async def _hand_over(self, caller: LightCaller) -> None:
        """Ask for the other desk, and listen until it has spoken. Music and prepared lines are no silence."""
        said = await caller.say(self._handing_over)
        until = said + _HANDOFF_LIMIT_S
        heard = said
        while caller.agent_left_at <= said and caller.now < until and not caller.over.is_set():
            heard = self._gap(caller, heard)
            await asyncio.sleep(_LOOK_S)
        await caller.hears(heard, limit_s=_ANSWER_LIMIT_S)
        self._gap(caller, heard)
        await caller.hears_out(_PAUSE_S, limit_s=_SPEECH_LIMIT_S)

    def _gap(self, caller: LightCaller, heard: float) -> float:
        """Record the silence since `heard`, if there is a newer sound. Return when the last sound was."""
        sound_at = caller.sound_at or 0.0
        if sound_at <= heard:
            return heard
        self._silences.append(sound_at - heard)
        return sound_at

    async def _is_taken(self, caller: LightCaller) -> bool:
        """Wait for an agent. False if the patience ends first. Music and prepared lines are no silence."""
        until = caller.now + self._plan.patience_s
        heard = max(caller.sound_at or 0.0, self._greeted or 0.0)
        while not self.taken.is_set() and caller.now < until and not caller.over.is_set():
            await asyncio.sleep(_LOOK_S)
            heard = self._gap(caller, heard)
        return self.taken.is_set()


async def main() -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=2**22)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    plan = Plan.model_validate_json(await reader.readline())
    *lines, handing_over = (
        synthesize(text, CALLER, sample_rate=SPEAKS_HZ).samples for text in (*plan.lines, plan.handing_over)
    )
    calls = {
        planned.room: Call(planned, plan, lines, handing_over, number)
        for number, planned in enumerate(plan.calls)
    }
    told = asyncio.create_task(_tell_taken(reader, calls))
    try:
        for playing in asyncio.as_completed([call.play() for call in calls.values()]):
            sys.stdout.write((await playing).model_dump_json() + "\n")
            sys.stdout.flush()
    finally:
        told.cancel()


async def _tell_taken(reader: asyncio.StreamReader, calls: Mapping[str, Call]) -> None:
    while line := await reader.readline():
        calls[Taken.model_validate_json(line).room].taken.set()


if __name__ == "__main__":
    logging.getLogger("livekit").setLevel(logging.CRITICAL)
    uvloop.run(main())
    exit_now(0)
