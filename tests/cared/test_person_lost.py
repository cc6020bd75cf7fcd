"""A talk in which something is lost: the person's browser, their network, or the agent between the two."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from agents.call.person.lost import CUT_OFF
from agents.call.person_holder import GONE
from clock import SystemClock
from local.desk.care_team import ROLE
from persistence.access import Right
from persistence.people import EntryState, OfferOutcome, PresenceState
from persistence.records import CALLER, RULE, CallEnd, HandoffState
from tests.cared.floor import (
    FRONT,
    HELPS,
    MIA,
    Floor,
    ended_once,
    entry_of,
    in_a_talk,
    is_with,
    offers_of,
    talk_is_over,
    talks_with,
)
from tests.support.conversation import Conversation, until
from tests.support.driving import kill_holder, losses, process_of
from tests.support.fault_report import strikes
from tests.support.said import likeliest

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.long]

MUTED_S = 4.0
MISSED_WITHIN_MS = 2_000
SILENCE_LIMIT_MS = 2_000
OUT_WITHIN_MS = 5_000
COMES_LIMIT_S = 20.0


@pytest.mark.fault("P1")
async def test_a_person_whose_agent_is_killed_stays_in_the_talk_with_the_same_caller(floor: Floor) -> None:
    async with floor.at_desk(MIA) as desk, floor.asks_for_a_person() as talk:
        async with in_a_talk(talk, desk) as room:
            before = await talk.call()
            killed = await kill_holder(talk)
            newcomer = await talk.meets_another(hears_out=False)
            await person_is_heard(talk)
            heard, after = talk.silence_since(killed.at_ms), await talk.call()

            assert heard <= SILENCE_LIMIT_MS
            assert talk.caller.sounds(newcomer)
            assert (after.id, after.holder_role) == (before.id, ROLE)
            assert len(await losses(talk)) == 1
            assert room.now == "talking"
            await room.hangs_up()
            await talk.caller.is_hung_up_on(limit_s=30)
        await ended_with_a_goodbye(talk)


@pytest.mark.fault("P2")
async def test_a_caller_whose_person_and_agent_are_lost_is_back_with_the_desk_that_handed_over(
    floor: Floor,
) -> None:
    async with floor.in_a_browser(MIA) as browser, floor.asks_for_a_person() as talk:
        await talks_with(talk, MIA)
        struck = await kill_holder(talk)
        browser.send(signal.SIGKILL)
        await is_back(talk, struck.at_ms)
        assert len(await losses(talk)) == 1


@pytest.mark.fault("P3")
async def test_a_person_who_closes_the_page_leaves_the_caller_with_the_desk_that_handed_over(
    floor: Floor,
) -> None:
    async with floor.at_desk(MIA) as desk, floor.asks_for_a_person() as talk:
        async with in_a_talk(talk, desk):
            await person_is_heard(talk)
            struck_ms = talk.caller.now_ms
            strikes("page")
        await is_back(talk, struck_ms)


@pytest.mark.fault("P4")
async def test_a_person_whose_browser_is_killed_is_missed_at_once(floor: Floor) -> None:
    async with floor.in_a_browser(MIA) as browser, floor.asks_for_a_person() as talk:
        await talks_with(talk, MIA)
        struck_ms = talk.caller.now_ms
        strikes("browser")
        browser.send(signal.SIGKILL)
        await is_back(talk, struck_ms)
        presence = await floor.presence(MIA)
        assert (presence.state, presence.reason) == (PresenceState.AWAY, CUT_OFF), "nothing rings there"


@pytest.mark.fault("P16")
async def test_a_muted_person_whose_browser_is_killed_is_missed_within_two_seconds(floor: Floor) -> None:
    async with floor.in_a_browser(MIA, muted=True) as browser, floor.asks_for_a_person() as talk:
        await talks_with(talk, MIA)
        await talk.listens()
        await asyncio.sleep(MUTED_S)
        assert (await talk.call()).holder_role == ROLE, "who is muted is there"
        struck_ms = talk.caller.now_ms
        strikes("browser")
        browser.send(signal.SIGKILL)
        await talk.caller.hears(since_ms=struck_ms, limit_s=20)
        told_ms = talk.caller.now_ms
        await is_back(talk, told_ms)
        assert told_ms - struck_ms <= MISSED_WITHIN_MS


@pytest.mark.fault("P5")
async def test_a_person_who_comes_back_in_time_is_in_the_same_talk(floor: Floor) -> None:
    async with floor.at_desk(MIA) as desk, floor.asks_for_a_person() as talk:
        async with in_a_talk(talk, desk):
            await person_is_heard(talk)
        struck_ms = talk.caller.now_ms
        async with in_a_talk(talk, desk, again=True) as room:
            await person_is_heard(talk)
            assert talk.silence_since(struck_ms) <= SILENCE_LIMIT_MS
            brief, *_ = [one for one in room.shown if one["kind"] == "brief"]
            assert brief["turns"]
            words = [one["words"] for one in room.shown if one["kind"] == "words"]
            assert any(likeliest(one, HELPS) == HELPS for one in words), "what was said before the reload"
            await room.hangs_up()
            await talk.caller.is_hung_up_on(limit_s=30)
        assert not await losses(talk)
        await ended_with_a_goodbye(talk)


@pytest.mark.fault("P5")
async def test_a_person_who_loads_the_page_anew_before_the_talk_reads_the_brief_again(floor: Floor) -> None:
    async with floor.at_desk(MIA) as desk, floor.asks_for_a_person() as talk:
        await desk.accept(await desk.rings(limit_s=COMES_LIMIT_S))
        async with desk.enter(await desk.talk(limit_s=COMES_LIMIT_S)) as room:
            await room.is_shown("brief")
        strikes("page")
        async with in_a_talk(talk, desk, accepted=True) as room:
            await person_is_heard(talk)
            await room.hangs_up()
            await talk.caller.is_hung_up_on(limit_s=30)
        await ended_with_a_goodbye(talk)
        assert [one.outcome for one in await offers_of(talk)] == [OfferOutcome.ACCEPTED]


@pytest.mark.fault("P6")
async def test_a_desk_that_loses_the_network_for_a_moment_goes_on_with_the_talk(floor: Floor) -> None:
    async with floor.in_a_browser(MIA) as browser, floor.asks_for_a_person() as talk:
        await talks_with(talk, MIA)
        struck_ms = talk.caller.now_ms
        strikes("network")
        browser.send(signal.SIGSTOP)
        await hears_music(talk, since_ms=struck_ms)
        browser.send(signal.SIGCONT)
        await person_is_heard(talk)
        assert talk.silence_since(struck_ms) <= SILENCE_LIMIT_MS
        await talk.caller.hang_up()
        await talk.ended()
        await ended_once(talk, HandoffState.COMPLETED)


@pytest.mark.fault("P6")
async def test_a_desk_that_stays_without_network_gives_the_caller_back(floor: Floor) -> None:
    async with floor.in_a_browser(MIA) as browser, floor.asks_for_a_person() as talk:
        await talks_with(talk, MIA)
        struck_ms = talk.caller.now_ms
        strikes("network")
        browser.send(signal.SIGSTOP)
        try:
            await is_back(talk, struck_ms)
        finally:
            browser.send(signal.SIGCONT)


async def test_finding_2_a_person_who_loses_the_right_is_out_within_five_seconds_and_the_caller_is_back(
    floor: Floor,
) -> None:
    async with floor.in_a_browser(MIA), floor.asks_for_a_person() as talk:
        await talks_with(talk, MIA)
        taken_ms, struck_ms = SystemClock().now_ms(), talk.caller.now_ms
        await floor.holds(MIA, Right.READ)
        try:
            await is_back(talk, struck_ms)
        finally:
            await floor.holds(MIA, Right.DESK)
        lost_at = (await talk_is_over(talk)).lost_at
        assert lost_at is not None
        assert lost_at - taken_ms <= OUT_WITHIN_MS


@pytest.mark.fault("P7")
async def test_a_caller_who_leaves_as_the_persons_agent_dies_ends_call_and_talk_once(floor: Floor) -> None:
    async with floor.at_desk(MIA) as desk, floor.asks_for_a_person() as talk:
        async with in_a_talk(talk, desk):
            proxy = (await talk.call()).holder_job
            await kill_holder(talk, signal.SIGSTOP)  # it cannot see the caller leave
            await talk.caller.hang_up()
            os.kill(await process_of(talk.stack, proxy), signal.SIGKILL)
            ended = await talk.ended()
        assert ended.ended_how is CallEnd.CALLER_LEFT
        await ended_once(talk, HandoffState.COMPLETED)
        assert (await talk_is_over(talk)).connected_at is not None
        assert (await entry_of(talk)).state is EntryState.TALKED


async def person_is_heard(talk: Conversation) -> None:
    """Waits until the transcript has words that the person says from now on."""
    since = len(await talk.turns())

    async def look() -> bool:
        said = [turn.text for turn in (await talk.turns())[since:] if turn.speaker == ROLE]
        return any(likeliest(words, HELPS) == HELPS for words in said)

    await until(look, "the person's words")


async def hears_music(talk: Conversation, *, since_ms: int) -> None:
    async def look() -> bool:
        return any(span.end_ms > since_ms for span in talk.music_sounds())

    await until(look, "music")


async def is_back(talk: Conversation, struck_ms: int) -> None:
    """Checks that the caller is back at the front desk without a long silence, and every row has one end."""
    await is_with(talk, FRONT)
    await talk.meets_another()
    assert talk.silence_since(struck_ms) <= SILENCE_LIMIT_MS
    out, back = await ended_once(talk, HandoffState.COMPLETED, HandoffState.COMPLETED)
    assert (out.target, back.target, back.requested_by, back.reason) == (ROLE, FRONT, RULE, GONE)
    offer = await talk_is_over(talk)
    assert (offer.outcome, offer.returned) == (OfferOutcome.ACCEPTED, False)
    assert (await entry_of(talk)).state is EntryState.TALKED
    assert {turn.speaker for turn in await talk.turns()} >= {FRONT, CALLER, ROLE}, "who knows what was said"


async def ended_with_a_goodbye(talk: Conversation) -> None:
    assert (await talk.ended()).ended_how is CallEnd.GOODBYE
    await ended_once(talk, HandoffState.COMPLETED)
    (offer,) = await offers_of(talk)
    assert (offer.outcome, offer.returned) == (OfferOutcome.ACCEPTED, False)
    assert offer.ended_at is not None
