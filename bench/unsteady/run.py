"""Many calls through the unsteady Groq, a few at a time, and their figures."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp
from livekit import api

from bench.support.statistics import percentile
from bench.unsteady.caller import Line, Outcome, Served, call
from bench.unsteady.faults import failing
from local.stack import Stack
from persistence.engines import open_store

LINES = (
    Line("what are your opening hours", "from eight to eight"),
    Line("I was charged twice for my last invoice", "this is the billing desk", moves=True),
    Line("yes that is correct can you refund it", "The second payment", meanwhile="Let me look"),
    Line("thank you goodbye", "Goodbye"),
)
"""The demo's front desk and billing desk, with a handoff between them."""

LONGEST_SILENCE_MS = 3_000


@dataclass(frozen=True, slots=True)
class Result:
    """All calls' results. `requests` and `failed` are Groq's, without those that it could not answer."""

    calls: Sequence[Served]
    requests: int
    failed: int

    @property
    def silences_ms(self) -> list[int]:
        return [each.silence_ms for each in self.calls]

    def figures(self) -> dict[str, object]:
        """Return the last line's figures."""
        outcomes = Counter(each.outcome for each in self.calls)
        return {
            "calls": len(self.calls),
            **{outcome.value: outcomes[outcome] for outcome in Outcome},
            "tries_a_line": round(sum(each.tries for each in self.calls) / (len(self.calls) * len(LINES)), 2),
            "requests": self.requests,
            "failed_share": round(self.failed / self.requests, 3) if self.requests else None,
            "p50_silence_ms": round(percentile(self.silences_ms, 50)),
            "p95_silence_ms": round(percentile(self.silences_ms, 95)),
            "worst_silence_ms": max(self.silences_ms),
            "over_3_s": sum(silence > LONGEST_SILENCE_MS for silence in self.silences_ms),
        }


async def unsteady_calls(
    stack: Stack, *, calls: int, at_once: int, seed: int, tell: Callable[[str], None] = lambda _: None
) -> Result:
    """Play the calls on a stack whose stand-in has the demo's script. Afterwards it is steady again."""
    few, done = asyncio.Semaphore(at_once), []
    keys = stack.livekit
    async with (
        aiohttp.ClientSession(stack.groq, raise_for_status=True) as groq,
        open_store(stack.store, read_only=True) as store,
        api.LiveKitAPI(keys.url, keys.api_key, keys.api_secret) as livekit,
    ):

        async def one(number: int) -> Served:
            async with few:
                served = await call(stack, store, livekit, LINES)
                done.append(served)
                tell(
                    f"{len(done)} of {calls}: {served.outcome} after {served.tries} tries, "
                    f"longest silence {served.silence_ms} ms at {served.silent_at}"
                    f"{f' ({served.why})' if served.why else ''}"
                )
                return served

        await (await groq.delete("/control/requests")).read()
        async with failing(groq, seed), asyncio.TaskGroup() as group:
            begun = [group.create_task(one(number)) for number in range(calls)]
        counted = await (await groq.get("/control/requests")).json()
    return Result([each.result() for each in begun], *_counted(counted["endpoints"]))


def _counted(endpoints: dict[str, Any]) -> tuple[int, int]:
    """Return the number of requests, and of those that failed on order."""
    failed = sum(sum(counts["faults"].values()) for counts in endpoints.values())
    return sum(counts["requests"] for counts in endpoints.values()), failed
