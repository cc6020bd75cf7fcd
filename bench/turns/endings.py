"""Where a caller's turn ends: complete sentences and unfinished turns, to both sides at the same time."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from bench.turns import scoring
from bench.turns.cases import Line
from bench.turns.figures import BATON, PLAIN, Answer, Measured, Unfinished
from bench.turns.round import Round
from bench.turns.talk import Talk, between, talk_with
from local.measure.lanes import Span
from persistence.records import CALLER

_SECOND_ANSWER_S = 1.2  # of silence after an unfinished turn: an agent that cut in may answer again


async def sentences(this: Round) -> list[Measured]:
    """Say complete sentences, to both sides at the same time."""

    async def to(side: str) -> list[Measured]:
        async with talk_with(this.env, side) as talk:
            marks = [(line, await said_and_answered(talk, line)) for line in this.cases.sentences]
        talk.record(this.recording(f"sentences-{side}"))
        sounds = talk.sounds()
        ends = [*(said.start_ms for _, said in marks[1:]), talk.caller.now_ms]
        return [
            Answer(
                side,
                line,
                scoring.answered_after_ms(said, scoring.sounds_in(sounds, said.start_ms, end)),
            )
            for (line, said), end in zip(marks, ends, strict=True)
        ]

    return [each for found in await asyncio.gather(to(BATON), to(PLAIN)) for each in found]


async def pauses(this: Round) -> list[Measured]:
    """Say unfinished turns, to both sides at the same time."""

    async def to(side: str) -> list[Measured]:
        async with talk_with(this.env, side) as talk:
            marks = [
                (line, await said_and_answered(talk, line, _SECOND_ANSWER_S))
                for line in this.cases.unfinished
            ]
        talk.record(this.recording(f"pauses-{side}"))
        turns = await talk.turns(this.env) if side == BATON else []
        sounds = talk.sounds()
        ends = [*(said.start_ms for _, said in marks[1:]), talk.caller.now_ms]
        found: list[Measured] = []
        for (line, said), end in zip(marks, ends, strict=True):
            theirs = [turn for turn in between(turns, said.start_ms, end) if turn.speaker == CALLER]
            heard = [turn.text for turn in theirs]
            whole = any(scoring.holds(text, line.text) for text in heard)
            cut = scoring.cut_into(said, sounds)
            found.append(Unfinished(side, line, cut, " | ".join(heard) if side == BATON else None, whole))
        return found

    return [each for found in await asyncio.gather(to(BATON), to(PLAIN)) for each in found]


async def said_and_answered(talk: Talk, line: Line, pause_s: float = 0.7) -> Span:
    """Say a line and hear its answer. The recording shows if none came."""
    said = await talk.say(line)
    with suppress(TimeoutError):
        await talk.hear_answer(said)
        await talk.hear_out(pause_s)
    return said
