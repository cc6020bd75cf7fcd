"""Starts the callers' process with a plan, reports taken calls to it, and reads what callers heard."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

from bench.baselines.protocol import AGENT_NAME, BaselineJob
from bench.load.plan import Heard, Plan, PlannedCall, Taken
from bench.support.environment import CALLER, Environment, NotMeasured, new_room
from local.caller.token import caller_token
from persistence.records import Call

_LOOK_S = 0.2
_MANY = 10_000


class Callers:
    """The callers' process, its plan, and what its callers have heard so far."""

    def __init__(self, plan: Plan, process: asyncio.subprocess.Process) -> None:
        self._plan, self._process = plan, process
        # Read from the start: a process whose output nobody reads blocks and plays no callers.
        self._reading = asyncio.create_task(self._read(), name="what callers heard")

    @property
    def process_id(self) -> int:
        """The process's id, to measure its share of the processor."""
        return self._process.pid

    async def until_over(self) -> Sequence[Heard]:
        """Wait until all calls are over, and return what their callers heard. Raises: NotMeasured."""
        heard, of = await self._reading, len(self._plan.calls)
        if await self._process.wait() or len(heard) < of:
            raise NotMeasured(f"the callers' process ended with {len(heard)} calls of {of}")
        return heard

    async def aclose(self) -> None:
        self._reading.cancel()
        with suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()

    async def _read(self) -> Sequence[Heard]:
        assert self._process.stdout is not None
        heard = []
        while line := await self._process.stdout.readline():
            heard.append(Heard.model_validate_json(line))
        return heard


@asynccontextmanager
async def calling(
    env: Environment, calls: Sequence[PlannedCall], patience_s: float
) -> AsyncIterator[Callers]:
    """Run callers by a plan. Their process ends with the block."""
    lines = tuple(line.text for line in env.script.callers["talk"])
    handing_over = env.script.callers["handoff"][0].text
    plan = Plan(
        url=env.livekit.url,
        lines=lines,
        handing_over=handing_over,
        calls=tuple(calls),
        patience_s=patience_s,
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bench.load.callers",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    process.stdin.write(plan.model_dump_json().encode() + b"\n")
    telling = asyncio.create_task(_tell_taken(env, plan, process.stdin))
    callers = Callers(plan, process)
    try:
        yield callers
    finally:
        telling.cancel()
        await callers.aclose()


def baton_call(env: Environment, at_s: float, talk_s: float, *, waits: bool = False) -> PlannedCall:
    return _planned(env, new_room("load"), at_s, talk_s, env.agent_name, None, waits=waits)


def plain_call(env: Environment, at_s: float, talk_s: float) -> PlannedCall:
    job = BaselineJob(side="plain", role=env.first, target=env.second, matter=env.matter, caller=CALLER)
    return _planned(env, new_room("plain"), at_s, talk_s, AGENT_NAME, job.model_dump_json())


def _planned(
    env: Environment,
    room: str,
    at_s: float,
    talk_s: float,
    agent_name: str,
    metadata: str | None,
    *,
    waits: bool = False,
) -> PlannedCall:
    livekit = env.livekit
    token = caller_token(
        livekit.api_key,
        livekit.api_secret,
        room=room,
        identity=CALLER,
        agent_name=agent_name,
        metadata=metadata,
    )
    return PlannedCall(room=room, token=token, at_s=at_s, talk_s=talk_s, waits=waits)


async def _tell_taken(env: Environment, plan: Plan, stdin: asyncio.StreamWriter) -> None:
    """Poll the store for the calls that an agent has, and report them to the callers' process."""
    waiting = {call.room for call in plan.calls if call.waits}
    while waiting:
        for call in await env.store.calls(limit=_MANY):
            if call.room in waiting and is_taken(call):
                waiting.discard(call.room)
                stdin.write(Taken(room=call.room).model_dump_json().encode() + b"\n")
        await asyncio.sleep(_LOOK_S)


def is_taken(call: Call) -> bool:
    """Whether an agent has, or had, the call. False while the call waits in line."""
    return call.queued_at is None or call.admitted_at is not None
