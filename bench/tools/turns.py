"""What tools and documents cost a turn that uses none: two calls with the same lines, one after the other."""

from __future__ import annotations

from bench.support.dialogue import converse, latencies
from bench.tools.calls import Bench, talk_with
from bench.tools.cases import EQUIPPED, PLAIN, TALK
from bench.tools.figures import Turns
from local.groq_standin.script import CallerLine


async def turns(bench: Bench, role: str) -> Turns:
    """Play one call. Raises: NotMeasured, TimeoutError."""
    lines = [CallerLine(say=line) for line in TALK]
    async with talk_with(bench, role) as talk:
        await talk.is_greeted()
        said = await converse(talk.caller, talk.met[0], lines)
        uses = len(await talk.uses())
    return Turns(role, latencies(said, talk.caller.sounds(talk.met[0])), uses)


ROLES = (PLAIN, EQUIPPED)
