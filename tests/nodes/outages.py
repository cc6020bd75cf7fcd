"""Kills a part of the fleet during a call, and measures what the caller heard."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from bench.baselines.protocol import BaselineJob
from local.fleet.cluster import Cluster
from local.fleet.part import Part
from local.stack import Stack
from persistence.records import Handoff
from tests.network.holding_on import is_answered_again
from tests.support.conversation import Conversation, conversation
from tests.support.driving import Moment, brought_to, ends, most_at_once_ms
from tests.support.fault_report import strikes
from transfer.states import TERMINAL

NODE, NODE_WITHOUT, REDIS = "node with the room", "node without", "Redis"
REDIS_AWAY_S = 5.0
_ANSWERED_S = 40.0
_WORDS_S = 30.0
PLAIN = BaselineJob(side="plain", role="front-desk", target="", matter="", caller="caller")
_PAST_THE_KILL_MS = 1_500  # later than what was on its way to the caller


@dataclass(frozen=True, slots=True)
class Outage:
    """What one call went through. `ends`: how often its handoff ended, if it had one."""

    silence_ms: int
    at_once_ms: int
    ends: int | None
    same_call: bool
    same_holder: bool


def part_of(fleet: Cluster, room: str, victim: str) -> Part:
    has_room = fleet.node_of(room)
    return {NODE: has_room, NODE_WITHOUT: fleet.other_than(has_room), REDIS: fleet.redis}[victim]


async def one_outage(stack: Stack, fleet: Cluster, moment: Moment, victim: str) -> Outage:
    """Plays a call in which `victim` is killed. Redis is restarted soon, a node not while the call lasts."""
    async with conversation(stack) as talk:
        await talk.is_greeted()
        before = await talk.call()
        async with brought_to(talk, moment) as row:
            part = part_of(fleet, talk.room, victim)
            strikes(victim)
            killed_ms = talk.caller.now_ms
            await part.kill()
        if victim == REDIS:
            await asyncio.sleep(REDIS_AWAY_S)
            await part.start()
        await _words_again(talk, row, killed_ms)
        silence_ms = talk.silence_since(killed_ms)
        await is_answered_again(talk, limit_s=_ANSWERED_S)
        await talk.only_the_holder_is_left()
        after = await talk.call()
        return Outage(
            silence_ms,
            most_at_once_ms(talk),
            None if row is None else len(ends(await talk.events(), row.id)),
            same_call=(after.id, after.ended_at) == (before.id, None),
            same_holder=after.holder_job == before.holder_job,
        )


async def redis_outage_beside(stack: Stack, fleet: Cluster) -> tuple[int, int]:
    """Kills Redis during two calls in which the agent tells a story: Baton's, and a LiveKit AgentSession's.

    Returns each one's longest silence from then until the caller is answered again, in ms.
    """
    async with conversation(stack) as talk, conversation(stack, baseline=PLAIN) as plain:
        await asyncio.gather(talk.is_greeted(), plain.is_greeted())
        async with brought_to(talk, Moment.TALKING), brought_to(plain, Moment.TALKING):
            strikes(REDIS)
            killed_ms = talk.caller.now_ms, plain.caller.now_ms
            await fleet.redis.kill()
        await asyncio.sleep(REDIS_AWAY_S)
        await fleet.redis.start()
        both = (talk, plain)
        await asyncio.gather(*(is_answered_again(each, limit_s=_ANSWERED_S) for each in both))
        silences = [each.silence_since(since) for each, since in zip(both, killed_ms, strict=True)]
        return silences[0], silences[1]


async def _words_again(talk: Conversation, row: Handoff | None, killed_ms: int) -> None:
    """Waits for the story's next words, or for the handoff's end if the caller waited for another desk."""
    if row is not None:
        await talk.handoff(*TERMINAL)
    since_ms = killed_ms + _PAST_THE_KILL_MS if row is None else talk.caller.now_ms
    await talk.caller.hears(since_ms=since_ms, limit_s=_WORDS_S)
    await talk.listens()
