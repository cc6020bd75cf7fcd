"""`python -m bench.loop.clients PLAN OUTCOME`: the clients of one round, in a process of their own.

Each asks, waits for the answer, pauses, and asks again, until the time is up; whoever still waits then goes
away. PLAN and OUTCOME are files of JSON.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import aiohttp  # takes half of httpx's time, on a machine that is shared with the service
from pydantic import BaseModel

from bench.loop.past import REASON, TARGET
from bench.loop.plan import Ask, Plan, Wanted, first_of_each, requests

READY = "clients: asking"
_LIMIT_S = 60.0


class Answer(BaseModel):
    """One answer. Times in seconds of the monotonic clock; status 0: none came, `error` says why."""

    what: Ask
    asked_at: float
    at: float
    status: int
    size: int = 0
    error: str = ""


class Outcome(BaseModel):
    """All answers of a round, and the time that counts."""

    start: float
    end: float
    answers: list[Answer]


async def play(plan: Plan) -> Outcome:
    answers: list[Answer] = []
    headers = {"Authorization": f"Bearer {plan.token}"}
    limit = aiohttp.ClientTimeout(total=_LIMIT_S)
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(
        plan.url, headers=headers, timeout=limit, connector=connector
    ) as session:
        # What a service makes at its first use is there before the time counts.
        answers.extend([await _ask(session, what) for what in first_of_each(plan)])
        start = time.monotonic() + plan.warm_up_s
        end = start + plan.seconds
        clients = [
            asyncio.create_task(_ask_on(session, requests(plan, client), answers))
            for client in range(plan.clients)
        ]
        await asyncio.sleep(end - time.monotonic())
        for client in clients:
            client.cancel()
        ends = await asyncio.gather(*clients, return_exceptions=True)
    failed = [each for each in ends if not isinstance(each, asyncio.CancelledError)]
    if failed:
        raise RuntimeError(f"a client did not go on to the end: {failed[0]!r}")
    return Outcome(start=start, end=end, answers=answers)


async def _ask_on(session: aiohttp.ClientSession, wanted: Iterable[Wanted], answers: list[Answer]) -> None:
    """Returns only where a client has used up its calls, which is a mistake in the plan."""
    for each in wanted:
        await asyncio.sleep(each.pause_s)
        answers.append(await _ask(session, each))


async def _ask(session: aiohttp.ClientSession, wanted: Wanted) -> Answer:
    asked_at = time.monotonic()
    status, size, error = 0, 0, ""
    try:
        async with session.request(**_request(wanted)) as response:
            body = await response.read()
            status, size = response.status, len(body)
            error = "" if response.ok else body[:500].decode(errors="replace")
    except (aiohttp.ClientError, TimeoutError) as failure:
        error = str(failure) or type(failure).__name__
    return Answer(
        what=wanted.what, asked_at=asked_at, at=time.monotonic(), status=status, size=size, error=error
    )


def _request(wanted: Wanted) -> dict[str, Any]:
    match wanted.what:
        case Ask.START:
            return {
                "method": "POST",
                "url": f"/calls/{wanted.subject}/handoffs",
                "json": {"target": TARGET, "reason": REASON, "note": ""},
                "headers": {"Idempotency-Key": f"key-of-{wanted.subject}"},
            }
        case Ask.LIST:
            return {"method": "GET", "url": "/handoffs"}
        case Ask.READ:
            return {"method": "GET", "url": f"/handoffs/{wanted.subject}"}


if __name__ == "__main__":
    given, found = (Path(name) for name in sys.argv[1:])
    sys.stdout.write(READY + "\n")
    sys.stdout.flush()
    outcome = asyncio.run(play(Plan.model_validate_json(given.read_text())))
    found.write_text(outcome.model_dump_json())
