"""Callers who keep asking until they are answered."""

from __future__ import annotations

import asyncio

from persistence.records import HandoffState
from tests.support.conversation import Conversation

_PATIENCE_S = 5.0
OPENING_HOURS = "then please tell me your opening hours"
TO_BILLING = "I was charged twice for my last invoice"


async def is_answered_again(talk: Conversation, *, limit_s: float) -> int:
    """Asks until an agent answers. Returns the ms from now to the answer's first sound."""
    began_ms = talk.caller.now_ms
    async with asyncio.timeout(limit_s):
        while True:
            await talk.says(OPENING_HOURS)
            try:
                speaker = await talk.caller.hears(since_ms=talk.said.end_ms, limit_s=_PATIENCE_S)
            except TimeoutError:
                continue
            if speaker not in talk.met:
                talk.met.append(speaker)
            await talk.listens()
            return next(
                sound.start_ms - began_ms
                for sound in talk.caller.sounds(speaker)
                if sound.end_ms > talk.said.end_ms
            )


async def is_handed_over(talk: Conversation, *, limit_s: float) -> None:
    """Asks for billing until it has joined; repeats a line that was lost."""
    async with asyncio.timeout(limit_s):
        while not await talk.handoffs():
            await talk.says(TO_BILLING)
            await asyncio.sleep(_PATIENCE_S)
        await talk.handoff(HandoffState.COMPLETED)
        await talk.meets_another()
