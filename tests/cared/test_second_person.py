"""A second person in a talk: alone with the first, then with both; and what happens when somebody is lost."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

import pytest

from local.caller.audio_receiver import HeardTrack
from local.caller.caller import Caller
from local.caller.tape import RATE_HZ
from local.desk.care_team import ROLE
from local.desk.client import Desk, Offer, OwnRoom
from persistence.people import EntryState, OfferOutcome
from persistence.records import CallEnd, HandoffState
from tests.cared.floor import BEN, EXPERTS, MIA, Floor, ended_once, in_a_talk, offers_of
from tests.supervision.supervising import tone, tone_level
from tests.support.conversation import Conversation, until
from tests.support.driving import kill_holder, losses
from tests.support.fault_report import strikes

pytestmark = [pytest.mark.asyncio(loop_scope="session")]

AUDIBLE = 1_000.0
FAR_BELOW_DB = 60.0
TONE_S = 0.5
ALONE_S = 1.5
LIMIT_S = 30.0
SILENCE_LIMIT_MS = 2_000


@dataclass(frozen=True, slots=True)
class Three:
    """A caller, Mia, who has them, and Ben, whom Mia has asked in while the caller is on hold."""

    talk: Conversation
    mia: Desk
    offer: Offer
    hers: OwnRoom
    ben: Desk
    bens_offer: Offer
    his: OwnRoom


@asynccontextmanager
async def three(floor: Floor, role: str = ROLE) -> AsyncIterator[Three]:
    """Bring three people together. `role`: Ben's, when he is asked in."""
    async with (
        floor.at_desk(MIA) as mia,
        floor.asks_for_a_person() as talk,
        in_a_talk(talk, mia) as hers,
        floor.at_desk(BEN) as ben,
    ):
        offer = await mia.talk(limit_s=LIMIT_S)
        await mia.holds(offer)
        await mia.asks_in(offer, role, BEN, "may I refund them")
        await hers.is_shown("hold")
        await ben.accept(await ben.rings(limit_s=LIMIT_S))
        async with ben.enter(bens := await ben.talk(limit_s=LIMIT_S)) as his:
            await his.is_shown("brief")
            await his.does("put_through")
            await his.is_shown("hold")
            yield Three(talk, mia, offer, hers, ben, bens, his)


@pytest.mark.alone  # five participants in three rooms take both processors
async def test_two_persons_are_alone_while_the_caller_is_on_hold_then_all_three_talk_and_the_first_leaves(
    floor: Floor,
) -> None:
    async with three(floor) as call:
        talk, hers, his = call.talk, call.hers, call.his
        await hears(hers.person, his.person)
        since = at(talk.caller)
        await his.person.play(tone(ALONE_S))
        there = tone_level(hers.person.audio()[-at_s(ALONE_S) :])
        here = max(tone_level(track.tape.laid_out()[since:]) for track in voices(talk.caller))
        assert 20 * math.log10(there / here) >= FAR_BELOW_DB, "the caller hears nothing of the two"
        assert [turn.text for turn in await talk.turns() if turn.speaker == ROLE], "Mia spoke before"

        await call.mia.resumes(call.offer)
        await his.is_shown("talking")
        for ear in (talk.caller, hers.person):
            await hears(ear, his.person)
        await hears(his.person, talk.caller)

        await call.mia.leaves(call.offer)
        await hers.is_shown("over")
        await hears(talk.caller, his.person)
        await hears(his.person, talk.caller)
        await until(partial(leads, his), "Ben has the caller")
        await his.hangs_up()
        await talk.caller.is_hung_up_on(limit_s=LIMIT_S)
        assert (await talk.ended()).ended_how is CallEnd.GOODBYE
        await both_ended_once(call)


@pytest.mark.long
@pytest.mark.fault("P20")
async def test_two_persons_whose_agent_is_killed_are_both_with_the_same_caller_again(floor: Floor) -> None:
    async with three(floor) as call:
        talk, hers, his = call.talk, call.hers, call.his
        await call.mia.resumes(call.offer)
        await his.is_shown("talking")
        await hears(talk.caller, his.person)
        killed = await kill_holder(talk)
        await talk.meets_another(hears_out=False)
        await hears(talk.caller, his.person)
        await hears(hers.person, his.person)
        await hears(his.person, talk.caller)
        assert talk.silence_since(killed.at_ms) <= SILENCE_LIMIT_MS
        assert len(await losses(talk)) == 1
        assert (await leads(hers), await leads(his)) == (True, False)
        await hers.hangs_up()
        await talk.caller.is_hung_up_on(limit_s=LIMIT_S)
        await both_ended_once(call)


@pytest.mark.long
@pytest.mark.fault("P25")
async def test_the_second_person_whom_the_first_has_left_is_called_in_again_in_their_own_role(
    floor: Floor,
) -> None:
    async with three(floor, EXPERTS) as call:
        talk, hers, his = call.talk, call.hers, call.his
        await call.mia.resumes(call.offer)
        await his.is_shown("talking")
        assert (await talk.call()).holder_role == ROLE
        await call.mia.leaves(call.offer)
        await hers.is_shown("over")
        await until(partial(leads, his), "Ben has the caller")
        assert (await talk.call()).holder_role == EXPERTS
        killed = await kill_holder(talk)
        await talk.meets_another(hears_out=False)
        await hears(talk.caller, his.person)
        await hears(his.person, talk.caller)
        assert talk.silence_since(killed.at_ms) <= SILENCE_LIMIT_MS
        assert (await talk.call()).holder_role == EXPERTS
        assert await leads(his)
        await his.hangs_up()
        await talk.caller.is_hung_up_on(limit_s=LIMIT_S)
        await both_ended_once(call)


@pytest.mark.long
@pytest.mark.fault("P21")
async def test_a_caller_who_hangs_up_ends_both_talks_once(floor: Floor) -> None:
    async with three(floor) as call:
        await call.mia.resumes(call.offer)
        await call.his.is_shown("talking")
        strikes("caller")
        await call.talk.caller.hang_up()
        for room in (call.hers, call.his):
            await room.is_shown("over")
        assert (await call.talk.ended()).ended_how is CallEnd.CALLER_LEFT
        await both_ended_once(call)


async def leads(room: OwnRoom) -> bool:
    """Whether the page says that its person has the caller."""
    return bool([one for one in room.shown if one["kind"] == "situation"][-1]["leads"])


async def hears(ear: Caller, speaker: Caller) -> None:
    """Let one of the three sound until the other hears it."""
    since = at(ear)

    async def heard() -> bool:
        await speaker.play(tone(TONE_S))
        return any(tone_level(track.tape.laid_out()[since:]) >= AUDIBLE for track in voices(ear))

    await until(heard, "the tone")


def voices(ear: Caller) -> list[HeardTrack]:
    return [track for track in ear.tracks if not track.is_music]


def at(ear: Caller) -> int:
    """Return the current time, in samples of what is heard."""
    return ear.now_ms * RATE_HZ // 1000


def at_s(seconds: float) -> int:
    return round(seconds * RATE_HZ)


async def both_ended_once(call: Three) -> None:
    await ended_once(call.talk, HandoffState.COMPLETED)
    offers = await offers_of(call.talk)
    assert [(one.person, one.outcome) for one in offers] == [
        (MIA, OfferOutcome.ACCEPTED),
        (BEN, OfferOutcome.ACCEPTED),
    ]
    events = await call.talk.events()
    for offer in offers:
        assert offer.ended_at is not None
        assert [one.moved_to for one in events if one.subject == offer.id].count("ended") == 1
    (asked,) = await call.talk.store.asked_in((await call.talk.call()).id)
    assert asked.state is EntryState.TALKED
