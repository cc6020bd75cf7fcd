"""A second person in the room, and replies that cannot be spoken."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from agents.roster.shared_prompts import HouseLines
from local.stack import Stack
from persistence.records import CALLER
from tests.life.conftest import GO_ON, STORY, STORY_CHARACTERS
from tests.support.conversation import Conversation
from tests.support.places import place
from tests.support.running import logged
from tests.support.said import as_said

pytestmark = pytest.mark.asyncio(loop_scope="session")

PART_S = (15, 30)
SPEECH_PIECE = 200  # characters that Groq takes in one request
LONG = "please tell me everything about your company"
FACE, HOURS = "show me a happy face", "what are your opening hours"
BREAKS_IN = "no please stay with me I am still here"


async def requests(stack: Stack, endpoint: str) -> list[dict[str, Any]]:
    """Returns the stand-in's requests since the last call of this function."""
    async with aiohttp.ClientSession(stack.groq, raise_for_status=True) as session:
        told = await (await session.get("/control/requests")).json()
        await (await session.delete("/control/requests")).read()
    return [entry for entry in told["log"] if entry["endpoint"] == endpoint]


async def hears_begin_of(talk: Conversation, line: str) -> None:
    await talk.says(line)
    await talk.caller.hears(talk.desk, since_ms=talk.said.end_ms, limit_s=15)


@pytest.mark.fault("B2")
@pytest.mark.fault("B12")
async def test_second_person_is_neither_heard_nor_a_disturbance(stack: Stack) -> None:
    async with place(stack) as here, here.call() as talk:
        await talk.is_greeted()
        async with here.joined("visitor", alone=True) as visitor:
            await requests(stack, "transcriptions")
            await visitor.say("I was charged twice for my last invoice")
            with pytest.raises(TimeoutError):
                await talk.caller.hears(other_than={"visitor"}, limit_s=2)
            heard = await requests(stack, "transcriptions")
            await hears_begin_of(talk, LONG)
            await visitor.say("I was charged twice for my last invoice")
            await talk.caller.hears(talk.desk, limit_s=1)
        await talk.says(BREAKS_IN)
        await talk.is_answered()
        turns = await talk.turns()
    assert heard == []
    said = [turn.text.lower() for turn in turns if turn.speaker == CALLER]
    assert len(said) == 2
    assert not any("invoice" in text for text in said)
    assert turns[-1].text == "I am here. Take your time."


@pytest.mark.fault("A7")
async def test_reply_of_emoji_alone_is_none_and_the_caller_hears_words(
    stack: Stack, lines: HouseLines
) -> None:
    async with place(stack) as here, here.call() as talk:
        await talk.is_greeted()
        await talk.says(FACE)
        await talk.is_answered()
        await talk.says(HOURS)
        await talk.is_answered()
        turns = await talk.turns()
    assert [words for _, words in as_said(turns, HOURS, FACE)[-3:]] == [
        lines.trouble,
        HOURS,
        "Every day from eight to eight.",
    ]


@pytest.mark.long
async def test_reply_of_ten_thousand_characters_is_spoken_in_parts_for_as_long_as_the_caller_likes(
    stack: Stack, lines: HouseLines
) -> None:
    failures = len(logged(stack, message="model failed"))
    async with place(stack) as here, here.call() as talk:
        await talk.is_greeted()
        await requests(stack, "speech")
        await hears_begin_of(talk, STORY)
        begun_ms = talk.caller.now_ms
        await talk.listens()
        lasted_ms = talk.caller.sounds(talk.desk)[-1].end_ms - begun_ms
        first = (await talk.turns())[-1].text
        await hears_begin_of(talk, GO_ON)
        with pytest.raises(TimeoutError):
            await talk.caller.hears_out(limit_s=3)
        await talk.says(BREAKS_IN)
        await talk.is_answered()
        turns = await talk.turns()
    spoken = await requests(stack, "speech")
    lengths = [entry["details"]["input_characters"] for entry in spoken]
    assert max(lengths) <= SPEECH_PIECE
    assert {entry["status"] for entry in spoken} <= {200, 0}
    assert sum(lengths) < STORY_CHARACTERS, "no more is fetched than may be heard"
    assert PART_S[0] * 1000 <= lasted_ms <= PART_S[1] * 1000
    assert first.endswith(f"forth. {lines.go_on_question}"), "it stops at a sentence's end, and asks"
    assert turns[-3].text.startswith("And so on, and so forth."), "after a yes it goes on"
    assert lines.go_on_question not in turns[-3].text, "what was not said is no part of the turn"
    assert turns[-1].text == "I am here. Take your time."
    assert len(logged(stack, message="model failed")) == failures
