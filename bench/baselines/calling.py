"""A caller's call to a baseline's agent, and the marks that the agent sends."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager
from typing import Literal

from bench.baselines.protocol import AGENT_NAME, MARKS, BaselineJob, Mark
from bench.support.environment import CALLER, Environment, new_room
from local.caller.caller import Caller

_POLL_S = 0.02
_MARK_LIMIT_S = 30.0


def baseline_call(env: Environment, side: Literal["swap", "plain"]) -> AbstractAsyncContextManager[Caller]:
    job = BaselineJob(side=side, role=env.first, target=env.second, matter=env.matter, caller=CALLER)
    return env.call(new_room(side), AGENT_NAME, job.model_dump_json())


async def marked(caller: Caller, what: str) -> tuple[int, Mark]:
    """Return the first mark of this kind, and when it arrived on the caller's clock. Raises: TimeoutError."""
    async with asyncio.timeout(_MARK_LIMIT_S):
        while True:
            for got in caller.received:
                if got.topic == MARKS and (mark := Mark.model_validate_json(got.text)).what == what:
                    return got.at_ms, mark
            await asyncio.sleep(_POLL_S)
