"""One call of each side, and its figures: bare, swap, plain and Baton."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from bench.baselines.calling import baseline_call, marked
from bench.baselines.protocol import INTRODUCED, OPENING, WAITS
from bench.baselines.running import bare_dispatch_ms
from bench.handoff.figures import Figure, Measured
from bench.support.dialogue import (
    ANSWER_LIMIT_S,
    ENOUGH_MS,
    SPEECH_LIMIT_S,
    converse,
    hear_greeting,
    latencies,
    pauses,
    say,
)
from bench.support.environment import Environment, NotMeasured, new_room
from bench.support.sound_match import longest_gap
from local.caller.tape import RATE_HZ
from local.measure.lanes import seam_ms, spans
from persistence.records import HandoffState


async def bare(env: Environment) -> Measured:
    room = new_room("bare")
    async with env.call(room) as caller:
        return Measured({Figure.BARE_SOUND: [await bare_dispatch_ms(env.api, caller, room)]})


async def swap(env: Environment) -> Measured:
    """Measure from the introduction's last sound to the opening's first, both on one track.

    The job sends a mark after the introduction, and another when the opening begins. The seam is the longest
    silence that touches the time between the two marks; pauses inside a line lie before or after it.
    """
    async with baseline_call(env, "swap") as caller:
        opening_at, _ = await marked(caller, OPENING)
        introduced_at, _ = await marked(caller, INTRODUCED)
        await caller.hears(since_ms=opening_at + ENOUGH_MS, limit_s=ANSWER_LIMIT_S)
    sounds = spans(caller.audio(), RATE_HZ, join_ms=0)
    gap = longest_gap(sounds, since_ms=introduced_at, until_ms=opening_at)
    if gap is None:
        raise NotMeasured("the introduction or the opening was not heard")
    return Measured({Figure.SWAP_SEAM: [gap.end_ms - gap.start_ms]})


async def plain(env: Environment) -> Measured:
    """Measure greeting, turns and pauses of LiveKit's session with its defaults."""
    lines, role = env.script.callers, env.roster.role(env.first)
    async with baseline_call(env, "plain") as caller:
        agent = await hear_greeting(caller)
        _, unsure = await marked(caller, WAITS)
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
        pauses(paused, caller, agent, env.script.roles[env.first], role.voice),
    )


async def baton(env: Environment) -> Measured:
    """Play a whole call: greeting, turns, pauses, a handoff by the model, and turns with the target."""
    lines, role, room = env.script.callers, env.roster.role(env.first), new_room("baton")
    async with env.call(room, env.agent_name) as caller:
        holder = await hear_greeting(caller)
        paused = await converse(caller, holder, lines["pauses"])
        turns = await converse(caller, holder, lines["turns"])
        for line in lines["handoff"]:
            await say(caller, line)
        target = await caller.hears(other_than={holder}, limit_s=SPEECH_LIMIT_S)
        await caller.hears_out(pause_s=0.8, limit_s=SPEECH_LIMIT_S)
        after = await converse(caller, target, lines["target"], to_the_end=False)
    handoff = await env.handoff_in(room)
    first, second = caller.sounds(holder), caller.sounds(target)
    seam = seam_ms(first, second)
    if handoff.state is not HandoffState.COMPLETED or handoff.accepted_at is None or seam is None:
        raise NotMeasured(f"the handoff has no seam; it is {handoff.state.value}")
    return Measured(
        {
            Figure.GREETING: [first[0].start_ms],
            Figure.TURN: latencies(turns, first),
            Figure.READY: [handoff.accepted_at - handoff.requested_at],
            Figure.SEAM: [seam],
            Figure.TARGET_TURN: latencies(after, second),
        },
        pauses(paused, caller, holder, env.script.roles[env.first], role.voice),
    )


SIDES: Mapping[str, Callable[[Environment], Awaitable[Measured]]] = {
    "bare": bare,
    "swap": swap,
    "plain": plain,
    "Baton": baton,
}
