"""Records one handoff from front desk to billing, with a bystander in the room."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from livekit import api

from local.caller.caller import Caller
from local.measure.lanes import Span
from local.stack import Stack
from persistence.records import Attempt, Call, Event, Handoff, HandoffState, Turn
from tests.support.bystander import Bystander, stand_by
from tests.support.conversation import Conversation, conversation, until

CALLER = "sip_+4915550104477"  # livekit-sip names a caller by their phone number
CHARGED = "I was charged twice for my last invoice"
REFUND = "yes that is correct can you refund it"
NAME = "Rosalind Featherstonehaugh"
_LEFT_LIMIT_S = 20.0


@dataclass(frozen=True, slots=True)
class Seen:
    """What the server's API shows of a room during the hold line."""

    dispatches: Sequence[str]  # their metadata, and that of their jobs
    participants: Mapping[str, str]  # by identity: name, metadata and attributes in one text
    room_metadata: str


@dataclass(frozen=True, slots=True)
class Recording:
    """`first` and `second` are the agents' identities."""

    room: str
    caller: Caller
    bystander: Bystander
    zero_at: int  # the zero of the caller's clock, ms UTC
    longest_silence_ms: int
    to_target_ms: int  # from the caller's last word to the target's first
    reply_ms: int  # from the caller's last word to the target's first reply
    first: str
    second: str
    seen: Seen
    call: Call
    handoffs: Sequence[Handoff]
    attempts: Sequence[Attempt]
    events: Sequence[Event]
    turns: Sequence[Turn]

    @property
    def handoff(self) -> Handoff:
        (only,) = self.handoffs
        return only


async def record(stack: Stack) -> Recording:
    async with conversation(stack, identity=CALLER, attributes={"customer.name": NAME}) as talk:
        await talk.is_greeted()
        async with stand_by(stack, talk.room) as bystander:
            await talk.says(CHARGED)
            asked = talk.said
            await talk.handoff(HandoffState.ACCEPTED, HandoffState.COMPLETED)
            seen = await _look(talk)
            await talk.meets_another()
            await _left(bystander, talk.met[0])
            await talk.says(REFUND)
            await talk.is_answered()
        return await _ended(talk, bystander, seen, asked)


async def _ended(talk: Conversation, bystander: Bystander, seen: Seen, asked: Span) -> Recording:
    zero_at, caller = talk.caller.zero_at, talk.caller
    await caller.hang_up()
    silence = talk.longest_silence()
    reply = next(span for span in caller.sounds(talk.desk) if span.start_ms >= talk.said.end_ms)
    return Recording(
        room=talk.room,
        caller=caller,
        bystander=bystander,
        zero_at=zero_at,
        longest_silence_ms=silence.end_ms - silence.start_ms,
        to_target_ms=caller.sounds(talk.met[1])[0].start_ms - asked.end_ms,
        reply_ms=reply.start_ms - talk.said.end_ms,
        first=talk.met[0],
        second=talk.met[1],
        seen=seen,
        call=await talk.ended(),
        handoffs=await talk.handoffs(),
        attempts=await talk.attempts(),
        events=await talk.events(),
        turns=await talk.turns(),
    )


async def _look(talk: Conversation) -> Seen:
    dispatches, present, rooms = await asyncio.gather(
        talk.api.agent_dispatch.list_dispatch(talk.room),
        talk.api.room.list_participants(api.ListParticipantsRequest(room=talk.room)),
        talk.api.room.list_rooms(api.ListRoomsRequest(names=[talk.room])),
    )
    jobs = chain.from_iterable(dispatch.state.jobs for dispatch in dispatches)
    return Seen(
        dispatches=[*(each.metadata for each in dispatches), *(job.metadata for job in jobs)],
        participants={
            who.identity: f"{who.name} {who.metadata} {dict(who.attributes)}" for who in present.participants
        },
        room_metadata=rooms.rooms[0].metadata,
    )


async def _left(bystander: Bystander, identity: str) -> None:
    async def look() -> bool:
        return any(left.identity == identity for left in bystander.left)

    await until(look, "the first agent's departure", limit_s=_LEFT_LIMIT_S)
