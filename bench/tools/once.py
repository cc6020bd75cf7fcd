"""What must not happen twice, while its process is killed or the call is handed over."""

from __future__ import annotations

import asyncio
import random
from functools import partial

from bench.tools.answers import noted
from bench.tools.calls import Bench, Talk, talk_with
from bench.tools.cases import BOOK, BOOKED, BOOKING, MOVE, WAYS
from bench.tools.figures import MOMENTS, Once
from persistence.records import Handoff, HandoffId, HandoffState, ToolUse, ToolUseState

_LOOK_S = 0.1
_TRIES_TO_MOVE = 2
_MOVES_WITHIN_S = 40.0
_ENDS_S = 15.0


async def once(bench: Bench, number: int) -> Once:
    """Play one round. The outcome says what went wrong."""
    way, moment = WAYS[number % len(WAYS)], MOMENTS[number // len(WAYS) % len(MOMENTS)]
    chance = random.Random(number)
    trouble = ""
    async with talk_with(bench, f"{BOOKING}-{way}") as talk:
        try:
            await _round(talk, moment, chance)
        except (TimeoutError, ConnectionError, LookupError) as error:
            trouble = f"the caller was lost ({str(error) or type(error).__name__})"
        uses = await _settled(talk)
    began = [one for one in noted(bench.ledger) if one["key"] in {use.idempotency_key for use in uses}]
    times = sum(one["what"] == "began" for one in began)
    ended = any(one["what"] == "ended" for one in began)
    return Once(
        number, way, moment, times, [str(use.state) for use in uses], trouble or _wrong(uses, times, ended)
    )


async def _round(talk: Talk, moment: str, chance: random.Random) -> None:
    await talk.is_greeted()
    job = (await talk.call()).holder_job
    if moment == "before":
        await talk.says(BOOK)
        await asyncio.sleep(chance.uniform(0, 1.5))
    else:
        await talk.asks(BOOK, partial(_is_noted, talk, "ended" if moment == "after" else "began"))
        await asyncio.sleep(chance.uniform(0, 0.5 if moment == "after" else 1.0))
    if moment == "handoff":
        await _asks_to_move(talk)
    else:
        if not await talk.bench.env.kill(job):
            raise LookupError("nothing was killed")
        await talk.meets_another()
    await talk.asks(BOOK, partial(_is_told, talk, await talk.times_heard(BOOKED)))
    await talk.listens()


async def _asks_to_move(talk: Talk) -> None:
    """Ask until the other desk is there. A caller who hears that it was not reached asks again.

    Raises: TimeoutError.
    """
    asked_for: set[HandoffId] = set()

    async def moves() -> bool:
        handoff = await talk.bench.env.handoff_in(talk.room)
        return handoff is not None and handoff.id not in asked_for

    for _ in range(_TRIES_TO_MOVE):
        await talk.asks(MOVE, moves)
        ended = await _ended(talk)
        if ended.state is HandoffState.COMPLETED:
            await talk.meets_another()
            return
        asked_for.add(ended.id)
        await talk.listens()


async def _ended(talk: Talk) -> Handoff:
    """Wait until the open handoff has ended, and return it. Raises: TimeoutError."""
    async with asyncio.timeout(_MOVES_WITHIN_S):
        while True:
            handoff = await talk.bench.env.handoff_in(talk.room)
            if handoff is not None and handoff.ended_at is not None:
                return handoff
            await asyncio.sleep(_LOOK_S)


async def _is_noted(talk: Talk, what: str) -> bool:
    """Whether the ledger has a booking of this call that has got to `what`."""
    keys = {use.idempotency_key for use in await talk.uses()}
    return any(one["what"] == what and one["key"] in keys for one in noted(talk.bench.ledger))


async def _is_told(talk: Talk, before: int) -> bool:
    """Whether the caller has heard about the booking more than `before` times."""
    return await talk.times_heard(BOOKED) > before


async def _settled(talk: Talk) -> list[ToolUse]:
    """Return the uses once none is open, or after a limit."""
    uses: list[ToolUse] = []
    for _ in range(round(_ENDS_S / 0.2)):
        try:
            uses = await talk.uses()
        except LookupError:
            return []
        if not any(use.state is ToolUseState.BEGUN for use in uses):
            return uses
        await asyncio.sleep(0.2)
    return uses


def _wrong(uses: list[ToolUse], times: int, ended: bool) -> str:
    """Return what a row claims wrongly or omits; "" if each is right, or says that it does not know."""
    states = {use.state for use in uses}
    if not uses and times == 0:
        return "it was never used"
    if ToolUseState.BEGUN in states:
        return "a row stays in the state begun"
    if ToolUseState.DONE in states and not ended:
        return "a row says done, but it was not done"
    if states == {ToolUseState.FAILED} and times:
        return "a row says that it was not done, but it had begun"
    return ""
