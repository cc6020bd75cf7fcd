"""A caller who asks for a person and does not get one, who leaves before, or whom two people want."""

from __future__ import annotations

import asyncio

import pytest

from agents.people.ringing import NOBODY_IN_TIME
from local.desk.care_team import ROLE
from local.desk.client import Refused
from persistence.people import MISSED_OFFER, EntryState, OfferOutcome, PresenceState
from persistence.records import CallEnd, HandoffState
from tests.cared.floor import (
    BEN,
    FRONT,
    MIA,
    Floor,
    ended_once,
    entry_of,
    in_a_talk,
    nothing_rings,
    offers_of,
)
from tests.support.conversation import Conversation
from tests.support.driving import kill, kill_holder

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.long]

SILENCE_LIMIT_MS = 2_000
_RINGS_LIMIT_S = 30.0
LEAVES = "please tell them that my old router is broken"
CONFIRMS = "yes exactly write it down like that"


@pytest.mark.fault("P8")
async def test_a_person_who_declines_leaves_the_caller_with_the_desk_which_says_so(floor: Floor) -> None:
    async with floor.at_desk(MIA) as desk, floor.asks_for_a_person() as talk:
        await desk.decline(await desk.rings(limit_s=_RINGS_LIMIT_S), "I am at lunch")
        await stays_with_the_desk(talk, HandoffState.DECLINED)
        (offer,) = await offers_of(talk)
        assert (offer.outcome, offer.reason) == (OfferOutcome.DECLINED, "I am at lunch")
        (attempt,) = await talk.attempts()
        assert attempt.reason == "I am at lunch"


@pytest.mark.fault("P9")
async def test_a_person_who_does_not_answer_is_away_and_the_caller_leaves_a_message(floor: Floor) -> None:
    async with floor.at_desk(MIA) as desk, floor.asks_for_a_person() as talk:
        await desk.rings(limit_s=_RINGS_LIMIT_S)
        await stays_with_the_desk(talk, HandoffState.DECLINED)
        (attempt,) = await talk.attempts()
        assert attempt.reason == NOBODY_IN_TIME
        presence = await floor.presence(MIA)
        assert (presence.state, presence.reason) == (PresenceState.AWAY, MISSED_OFFER)
        await talk.says(LEAVES)
        await talk.is_told("Shall I write")
        call = (await talk.call()).id
        assert await talk.store.messages(call_id=call) == [], "it is read back first"
        await talk.says(CONFIRMS)
        await talk.is_told("is with them now")
        (message,) = await talk.store.messages(call_id=call)
        assert (message.role, message.from_role, message.words) == (ROLE, FRONT, "My old router is broken.")


@pytest.mark.fault("P10")
async def test_of_two_people_who_accept_at_once_one_has_the_caller_and_the_other_is_told(
    floor: Floor,
) -> None:
    async with floor.at_desk(MIA) as mia, floor.at_desk(BEN) as ben, floor.asks_for_a_person() as talk:
        offers = await asyncio.gather(*(desk.rings(limit_s=_RINGS_LIMIT_S) for desk in (mia, ben)))
        accepted = await asyncio.gather(
            *(desk.accept(offer) for desk, offer in zip((mia, ben), offers, strict=True)),
            return_exceptions=True,
        )
        (refused,) = [one for one in accepted if isinstance(one, Refused)]
        winner, name = (mia, MIA) if accepted[0] is None else (ben, BEN)
        assert (refused.status, refused.problem["taken_by"]) == (409, name)
        async with in_a_talk(talk, winner, accepted=True) as room:
            await room.hangs_up()
            await talk.caller.is_hung_up_on(limit_s=30)
        await ended_once(talk, HandoffState.COMPLETED)
        outcomes = sorted(one.outcome or "" for one in await offers_of(talk))
        assert outcomes == [OfferOutcome.ACCEPTED, OfferOutcome.WITHDRAWN]


@pytest.mark.fault("P11")
async def test_a_person_who_hangs_up_ends_the_call(floor: Floor) -> None:
    async with floor.at_desk(MIA) as desk, floor.asks_for_a_person() as talk:
        async with in_a_talk(talk, desk) as room:
            await room.hangs_up()
            await talk.caller.is_hung_up_on(limit_s=30)
            await room.is_shown("over")
        assert (await talk.ended()).ended_how is CallEnd.GOODBYE
        await ended_once(talk, HandoffState.COMPLETED)
        assert (await entry_of(talk)).state is EntryState.TALKED


@pytest.mark.fault("P12")
async def test_a_caller_who_hangs_up_while_it_rings_rings_nowhere_any_more(floor: Floor) -> None:
    async with floor.at_desk(MIA) as desk, floor.asks_for_a_person() as talk:
        await desk.rings(limit_s=_RINGS_LIMIT_S)
        await talk.caller.hang_up()
        await talk.ended()
        await ended_once(talk, HandoffState.ABANDONED)
        await nothing_rings(talk)
        (offer,) = await offers_of(talk)
        assert offer.outcome is OfferOutcome.WITHDRAWN
        assert (await entry_of(talk)).state is EntryState.ABANDONED


@pytest.mark.fault("P13")
async def test_a_person_whose_agent_is_killed_before_the_talk_is_free_and_the_caller_is_told(
    floor: Floor,
) -> None:
    async with floor.at_desk(MIA) as desk, floor.asks_for_a_person() as talk:
        offer = await desk.rings(limit_s=_RINGS_LIMIT_S)
        await desk.accept(offer)
        async with desk.enter(offer) as room:
            await room.is_shown("brief")
            (attempt,) = await talk.attempts()
            assert attempt.job is not None
            await kill(talk, attempt.job)
            await stays_with_the_desk(talk, HandoffState.FAILED)
        await nothing_rings(talk)
        assert (await floor.presence(MIA)).state is PresenceState.AVAILABLE


@pytest.mark.fault("P14")
async def test_a_caller_whose_desk_is_killed_while_it_rings_still_gets_the_person(floor: Floor) -> None:
    async with floor.at_desk(MIA) as desk, floor.asks_for_a_person() as talk:
        first = await desk.rings(limit_s=_RINGS_LIMIT_S)
        killed = await kill_holder(talk)
        await desk.accept(await desk.rings(other_than=first, limit_s=_RINGS_LIMIT_S))
        async with in_a_talk(talk, desk, accepted=True) as room:
            assert talk.silence_since(killed.at_ms) <= SILENCE_LIMIT_MS
            await room.hangs_up()
            await talk.caller.is_hung_up_on(limit_s=30)
        await ended_once(talk, HandoffState.COMPLETED)


@pytest.mark.fault("P15")
async def test_a_person_who_accepts_and_does_not_come_leaves_the_caller_with_the_desk(floor: Floor) -> None:
    async with floor.at_desk(MIA) as desk, floor.asks_for_a_person() as talk:
        await desk.accept(await desk.rings(limit_s=_RINGS_LIMIT_S))
        await stays_with_the_desk(talk, HandoffState.DECLINED)
        assert (await entry_of(talk)).state is EntryState.ABANDONED


async def stays_with_the_desk(talk: Conversation, state: HandoffState) -> None:
    """Checks that the front desk reports the failure and continues, without a long silence."""
    struck_ms = talk.said.end_ms
    (row,) = await ended_once(talk, state)
    assert row.target == ROLE
    await talk.caller.hears(talk.desk, limit_s=30)
    await talk.listens()
    assert talk.silence_since(struck_ms) <= SILENCE_LIMIT_MS
    assert (await talk.call()).holder_role == FRONT
    await nothing_rings(talk)
