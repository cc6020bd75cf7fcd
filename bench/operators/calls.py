"""The calls of a round: one whose model asks for a handoff, one whose operator does; and one for the page."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from bench.handoff.place import Place, new_room
from bench.handoff.talk import ANSWER_LIMIT_S, ENOUGH_MS, NotMeasured, hear_greeting, say
from bench.operators.desk import Acted, Desk
from bench.operators.figures import Act
from bench.operators.onlooker import Stream, onlooker
from local.caller.caller import Caller
from persistence.records import CallId, Handoff

NOTES = 5
"""Acts of each call besides the handoff."""

_PAUSE_S = 0.5  # before the handoff: the agent has taken the notes by then

Measured = Mapping[Act, Sequence[int]]


async def model_asks(place: Place) -> Measured:
    """The caller says what makes the model hand over; from its row to the hold line."""
    room = new_room("model")
    async with place.call(room, place.agent_name) as caller:
        holder = await hear_greeting(caller)
        for line in place.script.callers["handoff"]:
            said = await say(caller, line)
        await _hears_the_hold_line(caller, holder, since_ms=said.span.end_ms)
        handoff = await _handoff_in(place, room)
        requested_ms = handoff.requested_at - caller.zero_at
    return {Act.MODEL_ROW: [_first_sound(caller, holder, requested_ms) - requested_ms]}


async def operator_asks(place: Place, desk: Desk, stream: Stream) -> Measured:
    """An operator leaves notes, then hands over; another operator follows the event stream."""
    room = new_room("operator")
    async with place.call(room, place.agent_name) as caller:
        holder = await hear_greeting(caller)
        call = await _call_in(place, room)
        acts = [await desk.note(call, f"a note for the agent, number {number}") for number in range(NOTES)]
        await asyncio.sleep(_PAUSE_S)
        clicked_ms = caller.now_ms
        handed_over = await desk.hand_over(call, place.second, place.matter)
        requested_ms = handed_over.requested_at - caller.zero_at
        await _hears_the_hold_line(caller, holder, since_ms=clicked_ms)
        streamed = [await _streamed_ms(stream, act) for act in (*acts, handed_over)]
    heard_ms = _first_sound(caller, holder, clicked_ms)
    return {
        Act.CLICK: [heard_ms - clicked_ms],
        Act.CLICK_ROW: [heard_ms - requested_ms],
        Act.STREAM: streamed,
    }


async def page_looks_on(place: Place, desk: Desk, address: str, token: str, *, acts: int) -> Measured:
    """An operator leaves notes, and another one has the call's page before them. Raises: SetupFailed."""
    room = new_room("page")
    painted = []
    async with place.call(room, place.agent_name) as caller:
        await hear_greeting(caller)
        call = await _call_in(place, room)
        async with onlooker(address, token, call) as other:
            for number in range(acts):
                words = f"a note for all to see, number {number}"
                act = await desk.note(call, words)
                painted.append(round(await other.painted(words) - act.clicked_at_ms))
    return {Act.PAGE: painted}


async def _hears_the_hold_line(caller: Caller, holder: str, *, since_ms: int) -> None:
    """Enough of it to place its beginning."""
    await caller.hears(holder, since_ms=since_ms, limit_s=ANSWER_LIMIT_S)
    await caller.hears(holder, since_ms=caller.now_ms + ENOUGH_MS, limit_s=ANSWER_LIMIT_S)


def _first_sound(caller: Caller, holder: str, since_ms: int) -> int:
    sounds = [sound for sound in caller.sounds(holder) if sound.end_ms >= since_ms]
    if not sounds or sounds[0].start_ms < since_ms:
        raise NotMeasured("the holder spoke when the handoff was asked for, or never after")
    return sounds[0].start_ms


async def _streamed_ms(stream: Stream, act: Acted) -> int:
    return round((await stream.came(act.id) - act.clicked_s) * 1000)


async def _call_in(place: Place, room: str) -> CallId:
    call = await place.store.open_call_in(room)
    if call is None:
        raise NotMeasured("the call is not in the store")
    return call.id


async def _handoff_in(place: Place, room: str) -> Handoff:
    handoffs = await place.store.handoffs(call_id=await _call_in(place, room))
    if len(handoffs) != 1:
        raise NotMeasured(f"handoffs of the call: {[handoff.state.value for handoff in handoffs]}")
    return handoffs[0]
