"""Nods and interruptions while the agent reads something long."""

from __future__ import annotations

import asyncio

from bench.turns import scoring
from bench.turns.cases import NODS_AT_S, Line
from bench.turns.figures import BATON, Interruption, Measured, Nod
from bench.turns.round import Round
from bench.turns.talk import talk_with
from bench.turns.voices import VOICES
from local.measure.lanes import Span

_AFTER_READING_S = 2.0  # of silence, in which an answer to a nod would come
_STOPS_AT_S = 3.2  # after the reading's first sound
_LATER_S = 0.27  # by which each interruption comes later than the last, to meet other sounds of the reading


async def nods(this: Round) -> list[Measured]:
    """Hear one reading without nods, then some with three each. No nod is said into silence."""
    said: list[tuple[Line, Span]] = []
    readings: list[tuple[Span, list[tuple[Line, Span]]]] = []
    async with talk_with(this.env, BATON) as talk:
        for lines in ((), *this.cases.readings):
            asked, began_s = await talk.ask_for_reading(lines[0].voice if lines else VOICES[0])
            said = []
            for line, at_s in zip(lines, NODS_AT_S, strict=False):
                await asyncio.sleep(began_s + at_s - asyncio.get_running_loop().time())
                if talk.speaks():
                    said.append((line, await talk.say(line)))
            await talk.hear_out(_AFTER_READING_S)
            readings.append((asked, said))
        until_ms = talk.caller.now_ms
    talk.record(this.recording("nods"))
    sounds = talk.sounds()
    ends = [*(asked.start_ms for asked, _ in readings[1:]), until_ms]
    heard = [
        scoring.sounds_in(sounds, asked.start_ms, end) for (asked, _), end in zip(readings, ends, strict=True)
    ]
    found: list[Measured] = []
    for (_, pairs), reading in zip(readings[1:], heard[1:], strict=True):
        went_on = scoring.nods_gone_on([span for _, span in pairs], reading, heard[0])
        found += [Nod(line, on) for (line, _), on in zip(pairs, went_on, strict=True)]
    return found


async def interruptions(this: Round) -> list[Measured]:
    """Hear one reading to its end, then interrupt one for each interruption."""
    marks: list[tuple[Line, Span, Span]] = []
    async with talk_with(this.env, BATON) as talk:
        whole, _ = await talk.ask_for_reading(VOICES[0])
        await talk.hear_out(_AFTER_READING_S)
        for place, line in enumerate(this.cases.interruptions):
            asked, began_s = await talk.ask_for_reading(line.voice)
            at_s = _STOPS_AT_S + place * _LATER_S
            await asyncio.sleep(began_s + at_s - asyncio.get_running_loop().time())
            marks.append((line, asked, await talk.say(line)))
            await talk.hear_out(_AFTER_READING_S)
        until_ms = talk.caller.now_ms
    talk.record(this.recording("interruptions"))
    sounds = talk.sounds()
    undisturbed = scoring.sounds_in(sounds, whole.start_ms, marks[0][1].start_ms)
    ends = [*(asked.start_ms for _, asked, _ in marks[1:]), until_ms]
    return [
        Interruption(
            line,
            scoring.stopped_after_ms(said, scoring.sounds_in(sounds, asked.start_ms, end), undisturbed),
        )
        for (line, asked, said), end in zip(marks, ends, strict=True)
    ]
