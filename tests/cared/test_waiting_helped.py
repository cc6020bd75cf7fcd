"""A caller in a person's queue talks with the desk that handed over, until the person comes."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest

from local.desk.client import OwnRoom
from persistence.people import EntryState
from persistence.records import CALLER, HandoffState
from tests.cared.floor import BEN, EXPERTS, FRONT, HELPS, Floor, ended_once, entry_of, line_of, nothing_rings
from tests.support.conversation import Conversation, conversation, until
from tests.support.said import as_said, likeliest

pytestmark = [pytest.mark.asyncio(loop_scope="session")]

WAITS = "please let me wait in line for an expert"
HOURS, OPEN = "then please tell me your opening hours", "We are open every day from eight to eight."
COMPANY = "please tell me everything about your company"
NEEDS_NOBODY, GLAD = "it is working again so I need nobody now", "I am glad to hear it. What else can I do?"
LIMIT_S = 30.0
LATE_MS = 500
"""How late a voice's last sound may reach the caller's ear on a busy machine (`BEAT_MS` in
transfer/target/target.py)."""


@pytest.mark.fault("P23")
async def test_a_caller_in_line_is_answered_and_heard_by_the_person_who_comes_in_the_middle_of_an_answer(
    floor: Floor,
) -> None:
    async with floor.at_desk(BEN) as desk, conversation(floor.stack) as talk:
        await waits_in_line(talk)
        offer = await desk.rings(limit_s=LIMIT_S)
        await talk.says(HOURS)
        await talk.is_told(OPEN)
        await desk.accept(offer)
        async with desk.enter(await desk.talk(limit_s=LIMIT_S)) as room:
            await room.is_shown("brief")
            await talk.says(COMPANY)
            await talk.caller.hears(talk.desk, since_ms=talk.said.end_ms, limit_s=LIMIT_S)
            await room.does("put_through")
            speaking = asyncio.create_task(room.talks(line_of(HELPS)))
            await talk.meets_another(hears_out=False)
            await until(partial(reads, room, COMPANY), "the caller's words on the person's page")
            await room.hangs_up()
            await talk.caller.is_hung_up_on(limit_s=LIMIT_S)
            speaking.cancel()
            await asyncio.gather(speaking, return_exceptions=True)
        front, person = (talk.caller.sounds(who) for who in talk.met)
        assert front[-1].end_ms - person[0].start_ms <= LATE_MS, "never two voices"
        assert await reads(room, OPEN), "the person reads what was said while they were waited for"
        said = as_said(await talk.turns(), WAITS, HOURS, COMPANY)
        assert [words for speaker, words in said if speaker == CALLER] == [WAITS, HOURS, COMPANY]
        assert [words for speaker, words in said].count(OPEN) == 1
        await ended_once(talk, HandoffState.COMPLETED)


@pytest.mark.long
async def test_a_caller_in_line_who_needs_nobody_any_more_goes_on_with_the_front_desk(floor: Floor) -> None:
    async with floor.at_desk(BEN) as desk, conversation(floor.stack) as talk:
        await waits_in_line(talk)
        await desk.rings(limit_s=LIMIT_S)
        await talk.says(NEEDS_NOBODY)
        await talk.is_told(GLAD)
        (row,) = await ended_once(talk, HandoffState.CANCELLED)
        end = [event for event in await talk.events() if event.subject == row.id][-1]
        assert (row.target, end.actor) == (EXPERTS, CALLER)
        await nothing_rings(talk)
        assert (await entry_of(talk)).state is EntryState.ABANDONED
        await talk.says(HOURS)
        await talk.is_told(OPEN)
        assert (await talk.call()).holder_role == FRONT
        ours = [turn.text for turn in await talk.turns() if turn.speaker == FRONT]
        assert ours[-2:] == [GLAD, OPEN], "each is answered once, and nothing else is said"


async def reads(room: OwnRoom, line: str) -> bool:
    """Whether this line is in the brief on the person's page, or in what the page has shown since."""
    briefs = [message["turns"] for message in room.shown if message["kind"] == "brief"]
    since = [message for message in room.shown if message["kind"] == "words"]
    return line in [likeliest(turn["words"], HOURS, COMPANY) for turn in [*briefs[-1], *since]]


async def waits_in_line(talk: Conversation) -> None:
    await talk.is_greeted()
    await talk.says(WAITS)
    await talk.is_told("I'll get our experts.")
