"""One call of each side, and what it gives: bare, swap, plain and Baton."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from bench.handoff.figures import Figure, Measured
from bench.handoff.hearing import longest_gap
from bench.handoff.place import Place, new_room
from bench.handoff.protocol import AGENT_NAME, INTRODUCED, MARKS, OPENING, WAITS, Mark
from bench.handoff.talk import (
    ANSWER_LIMIT_S,
    ENOUGH_MS,
    SPEECH_LIMIT_S,
    NotMeasured,
    converse,
    hear_greeting,
    latencies,
    pauses,
    say,
)
from local.caller.caller import Caller
from local.caller.tape import RATE_HZ
from local.measure.lanes import seam_ms, spans
from persistence.records import Handoff, HandoffState

_LOOK_S = 0.02


async def bare(place: Place) -> Measured:
    """From just before the request for an agent to the first sound of it."""
    room = new_room("bare")
    async with place.call(room) as caller:
        asked_at = caller.now_ms
        await place.dispatch_bare(room)
        await caller.hears(since_ms=asked_at, limit_s=ANSWER_LIMIT_S)
        await caller.hears_out(limit_s=SPEECH_LIMIT_S)
    return Measured({Figure.BARE_SOUND: [caller.sounds()[0].start_ms - asked_at]})


async def swap(place: Place) -> Measured:
    """From the last sound of the introduction to the first of the opening, both on one track.

    The job marks when it had said the introduction, and when it began the opening. The seam is the longest
    silence that touches the time between the marks: a pause inside a line lies before or after it.
    """
    async with place.call(new_room("swap"), AGENT_NAME, place.asked("swap")) as caller:
        opening_at, _ = await _marked(caller, OPENING)
        introduced_at, _ = await _marked(caller, INTRODUCED)
        await caller.hears(since_ms=opening_at + ENOUGH_MS, limit_s=ANSWER_LIMIT_S)
    sounds = spans(caller.audio(), RATE_HZ, join_ms=0)
    gap = longest_gap(sounds, since_ms=introduced_at, until_ms=opening_at)
    if gap is None:
        raise NotMeasured("the introduction or the opening was not heard")
    return Measured({Figure.SWAP_SEAM: [gap.end_ms - gap.start_ms]})


async def plain(place: Place) -> Measured:
    """Greeting, turns and pauses of LiveKit's session as it comes."""
    lines, role = place.script.callers, place.roster.role(place.first)
    async with place.call(new_room("plain"), AGENT_NAME, place.asked("plain")) as caller:
        agent = await hear_greeting(caller)
        _, unsure = await _marked(caller, WAITS)
        paused = await converse(caller, agent, lines["pauses"])
        turns = await converse(caller, agent, lines["turns"], to_the_end=False)
    sounds = caller.sounds(agent)
    found = latencies(turns, sounds)
    return Measured(
        {
            Figure.PLAIN_GREETING: [sounds[0].start_ms],
            Figure.PLAIN_TURN: [ms for ms in found if ms < unsure.ms],
            Figure.PLAIN_UNSURE: [ms for ms in found if ms >= unsure.ms],
        },
        pauses(paused, caller, agent, place.script.roles[place.first], role.voice),
    )


async def baton(place: Place) -> Measured:
    """A whole call: greeting, turns, pauses, a handoff that the model asks for, and turns with the target."""
    lines, role, room = place.script.callers, place.roster.role(place.first), new_room("baton")
    async with place.call(room, place.agent_name) as caller:
        holder = await hear_greeting(caller)
        paused = await converse(caller, holder, lines["pauses"])
        turns = await converse(caller, holder, lines["turns"])
        for line in lines["handoff"]:
            await say(caller, line)
        target = await caller.hears(other_than={holder}, limit_s=SPEECH_LIMIT_S)
        await caller.hears_out(pause_s=0.8, limit_s=SPEECH_LIMIT_S)
        after = await converse(caller, target, lines["target"], to_the_end=False)
    handoff = await _handoff_in(place, room)
    first, second = caller.sounds(holder), caller.sounds(target)
    seam = seam_ms(first, second)
    if seam is None or handoff.accepted_at is None:
        raise NotMeasured("the handoff has no seam, or was not accepted")
    return Measured(
        {
            Figure.GREETING: [first[0].start_ms],
            Figure.TURN: latencies(turns, first),
            Figure.READY: [handoff.accepted_at - handoff.requested_at],
            Figure.SEAM: [seam],
            Figure.TARGET_TURN: latencies(after, second),
        },
        pauses(paused, caller, holder, place.script.roles[place.first], role.voice),
    )


SIDES: Mapping[str, Callable[[Place], Awaitable[Measured]]] = {
    "bare": bare,
    "swap": swap,
    "plain": plain,
    "Baton": baton,
}


async def _marked(caller: Caller, what: str) -> tuple[int, Mark]:
    """The first mark of this kind, and when it came on the caller's clock. Raises: TimeoutError."""
    async with asyncio.timeout(SPEECH_LIMIT_S):
        while True:
            for got in caller.received:
                if got.topic == MARKS and (mark := Mark.model_validate_json(got.text)).what == what:
                    return got.at_ms, mark
            await asyncio.sleep(_LOOK_S)


async def _handoff_in(place: Place, room: str) -> Handoff:
    call = next((call for call in await place.store.calls() if call.room == room), None)
    handoffs = await place.store.handoffs(call_id=call.id) if call else []
    if len(handoffs) != 1 or handoffs[0].state is not HandoffState.COMPLETED:
        raise NotMeasured(f"handoffs of the call: {[handoff.state.value for handoff in handoffs]}")
    return handoffs[0]
