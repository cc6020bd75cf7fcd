"""The benchmark's calls: the model requests a handoff, an operator requests one, or a page shows notes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from bench.operators.desk import Acted, Desk
from bench.operators.figures import Act
from bench.operators.onlooker import Stream, onlooker
from bench.support.dialogue import ANSWER_LIMIT_S, ENOUGH_MS, hear_greeting, say
from bench.support.environment import Environment, NotMeasured, new_room
from local.caller.caller import Caller

NOTES = 5
"""Notes in each call, before the handoff."""

_PAUSE_S = 0.5  # before the handoff, so that the agent has taken the notes

Measured = Mapping[Act, Sequence[int]]


async def model_asks(env: Environment) -> Measured:
    """Make the model hand over a call. Measures from its request's row to the hold line."""
    room = new_room("model")
    async with env.call(room, env.agent_name) as caller:
        holder = await hear_greeting(caller)
        for line in env.script.callers["handoff"]:
            said = await say(caller, line)
        await _hears_the_hold_line(caller, holder, since_ms=said.span.end_ms)
        handoff = await env.handoff_in(room)
        requested_ms = handoff.requested_at - caller.zero_at
    return {Act.MODEL_ROW: [_first_sound(caller, holder, requested_ms) - requested_ms]}


async def operator_asks(env: Environment, desk: Desk, stream: Stream) -> Measured:
    """Leave notes as an operator, then hand over, while another operator follows the event stream."""
    room = new_room("operator")
    async with env.call(room, env.agent_name) as caller:
        holder = await hear_greeting(caller)
        call = await env.call_in(room)
        acts = [await desk.note(call, f"a note for the agent, number {number}") for number in range(NOTES)]
        await asyncio.sleep(_PAUSE_S)
        clicked_ms = caller.now_ms
        handed_over = await desk.hand_over(call, env.second, env.matter)
        requested_ms = handed_over.requested_at - caller.zero_at
        await _hears_the_hold_line(caller, holder, since_ms=clicked_ms)
        streamed = [await _streamed_ms(stream, act) for act in (*acts, handed_over)]
    heard_ms = _first_sound(caller, holder, clicked_ms)
    return {
        Act.CLICK: [heard_ms - clicked_ms],
        Act.CLICK_ROW: [heard_ms - requested_ms],
        Act.STREAM: streamed,
    }


async def page_looks_on(env: Environment, desk: Desk, address: str, token: str, *, acts: int) -> Measured:
    """Leave notes as an operator, while another has the call's page open. Raises: SetupFailed."""
    room = new_room("page")
    painted = []
    async with env.call(room, env.agent_name) as caller:
        await hear_greeting(caller)
        call = await env.call_in(room)
        async with onlooker(address, token, call) as other:
            for number in range(acts):
                words = f"a note for all to see, number {number}"
                act = await desk.note(call, words)
                painted.append(round(await other.painted(words) - act.clicked_at_ms))
    return {Act.PAGE: painted}


async def _hears_the_hold_line(caller: Caller, holder: str, *, since_ms: int) -> None:
    """Listen long enough to place the hold line's first sound exactly."""
    await caller.hears(holder, since_ms=since_ms, limit_s=ANSWER_LIMIT_S)
    await caller.hears(holder, since_ms=caller.now_ms + ENOUGH_MS, limit_s=ANSWER_LIMIT_S)


def _first_sound(caller: Caller, holder: str, since_ms: int) -> int:
    sounds = [sound for sound in caller.sounds(holder) if sound.end_ms >= since_ms]
    if not sounds or sounds[0].start_ms < since_ms:
        raise NotMeasured("the holder was speaking when the handoff was requested, or never spoke again")
    return sounds[0].start_ms


async def _streamed_ms(stream: Stream, act: Acted) -> int:
    return round((await stream.came(act.id) - act.clicked_s) * 1000)
