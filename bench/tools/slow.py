"""Tools that are slow, broken or hostile, each way; and ways out that must lead nowhere."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from bench.tools.answers import noted
from bench.tools.calls import Bench, Talk, talk_with
from bench.tools.cases import CASES, LEFT, SLOW_ROLE, STILL_THERE, WALL_CASES, WALLS, Case
from bench.tools.figures import Slow
from local.measure.lanes import Span

_LOOK_S = 0.1


async def slow(bench: Bench, way: str) -> list[Slow]:
    """Play one call that uses every tool of the role. Raises: TimeoutError, LookupError."""
    return await _call(bench, f"{SLOW_ROLE}-{way}", way, CASES)


async def walls(bench: Bench) -> list[Slow]:
    """Play one call that tries every way out. Raises: TimeoutError, LookupError."""
    return await _call(bench, WALLS, "out", WALL_CASES)


async def _call(bench: Bench, role: str, way: str, cases: Sequence[Case]) -> list[Slow]:
    marks: list[tuple[Case, Span, int, bool]] = []
    async with talk_with(bench, role) as talk:
        await talk.is_greeted()
        before = await talk.call()
        for case in cases:
            said = await talk.says(case.said)
            told = await _told(talk, case)
            await talk.listens()
            marks.append((case, said, talk.caller.now_ms, told))
        said = await talk.says(LEFT)
        goes_on = await _hears_words(talk, STILL_THERE, within_s=15.0)
        after = await talk.call()
        handoffs = await bench.env.store.handoffs(call_id=after.id)
        moved = len(handoffs) + (after.holder_job != before.holder_job) + (after.ended_at is not None)
        states = {use.tool: str(use.state) for use in await talk.uses()}
    ends = _ends(talk, [until for _, _, until, _ in marks])
    return [
        Slow(
            way=way,
            tool=case.tool,
            state=states.get(case.tool, "not used"),
            silence_ms=talk.silence_ms(said.end_ms, end),
            told=told and goes_on,
            moved=moved if place == 0 else 0,
        )
        for place, ((case, said, _, told), end) in enumerate(zip(marks, ends, strict=True))
    ]


def _ends(talk: Talk, until: Sequence[int]) -> list[int]:
    """Return the end of an agent's last sound before each of these times."""
    sounds = talk.caller.sounds()
    return [max((span.end_ms for span in sounds if span.start_ms < one), default=one) for one in until]


async def _told(talk: Talk, case: Case) -> bool:
    return await _hears_words(talk, case.answer, within_s=case.answer_within_s)


async def _hears_words(talk: Talk, words: str, *, within_s: float) -> bool:
    """Whether an agent says this in time."""
    try:
        async with asyncio.timeout(within_s):
            while True:
                if await talk.times_heard(words):
                    return True
                await asyncio.sleep(_LOOK_S)
    except TimeoutError:
        return False


def escaped(bench: Bench) -> list[str]:
    """Return what arrived where nothing may, or was done because an answer ordered it."""
    return [
        f"{one['what']} {one['way']} {one['key']}"
        for one in noted(bench.ledger)
        if one["what"] in ("escaped", "wiped")
    ]
