"""Carries out a call's planned kill: waits for its moment, then kills the holder's or target's process."""

from __future__ import annotations

import asyncio

from bench.soak.environment import Environment
from bench.soak.plan import Kill, Moment, Victim
from local.caller.caller import Caller
from persistence.records import HandoffState

_LOOK_S = 0.02
_ORDER = (
    HandoffState.REQUESTED,
    HandoffState.DISPATCHING,
    HandoffState.BRIEFING,
    HandoffState.ACCEPTED,
    HandoffState.COMPLETED,
)
_REACHED = {
    Moment.ASKED: HandoffState.REQUESTED,
    Moment.BRIEFING: HandoffState.BRIEFING,
    Moment.ACCEPTED: HandoffState.ACCEPTED,
    Moment.TAKEN_OVER: HandoffState.COMPLETED,
}


async def kill_as_planned(env: Environment, room: str, caller: Caller, kill: Kill | None) -> bool:
    """Whether a process was killed. Runs until then, or until cancelled when the call ends."""
    if kill is None:
        return False
    await _comes(env, room, caller, kill.moment)
    await asyncio.sleep(kill.after_s)
    job = await _job(env, room, kill.victim)
    return job is not None and await env.kill(job)


async def _comes(env: Environment, room: str, caller: Caller, moment: Moment) -> None:
    if moment is Moment.GREETED:
        while not caller.speakers():  # noqa: ASYNC110 - nobody tells us when something is heard
            await asyncio.sleep(_LOOK_S)
        return
    reached = _ORDER.index(_REACHED[moment])
    while True:
        handoff = await env.handoff_in(room)
        if handoff is not None and handoff.state in _ORDER and _ORDER.index(handoff.state) >= reached:
            return
        await asyncio.sleep(_LOOK_S)


async def _job(env: Environment, room: str, victim: Victim) -> str | None:
    call, handoff = await env.call_in(room), await env.handoff_in(room)
    if victim is Victim.TARGET and handoff is not None and handoff.target_job:
        return handoff.target_job
    return call.holder_job if call else None
