"""A caller talks over a reply: it stops immediately, and what follows comes soon."""

from __future__ import annotations

import pytest

from local.caller.tape import RATE_HZ
from local.measure.lanes import spans
from local.stack import Stack
from persistence.records import CALLER
from settings import CallSettings
from tests.support.conversation import Conversation, conversation
from tests.support.running import fault

pytestmark = pytest.mark.asyncio(loop_scope="session")

STOPS_WITHIN_MS = 1_500
BETWEEN_SENTENCES_MS = 700
LONG = "please tell me everything about your company"
BREAKS_IN = "no please stay with me I am still here"
OFTEN = 1_000
PATIENCE_MS = 1_000 * CallSettings.model_construct().patience_s
BUSY_MS = 600  # extra time on a busy machine


async def is_in_the_middle_of_a_reply(talk: Conversation) -> None:
    await talk.says(LONG)
    await talk.caller.hears(talk.desk, since_ms=talk.said.end_ms, limit_s=15)
    with pytest.raises(TimeoutError):
        await talk.caller.hears_out(limit_s=3)


@pytest.mark.alone
async def test_caller_who_talks_over_a_long_reply_stops_it(stack: Stack) -> None:
    async with conversation(stack) as talk:
        await talk.is_greeted()
        await is_in_the_middle_of_a_reply(talk)
        over = await talk.caller.say(BREAKS_IN)
        await talk.caller.hears(talk.desk, since_ms=over.end_ms, limit_s=15)
        await talk.listens()
        turns = await talk.turns()
    heard = spans(talk.caller.audio(talk.desk), RATE_HZ, join_ms=BETWEEN_SENTENCES_MS)
    (cut,) = (span for span in heard if span.start_ms < over.start_ms < span.end_ms)
    assert cut.end_ms - over.start_ms <= STOPS_WITHIN_MS
    assert [turn.speaker for turn in turns[-4:]] == [CALLER, "front-desk", CALLER, "front-desk"]
    assert turns[-3].text.startswith("Gladly. Brightwave was founded by")
    assert "digger" not in turns[-3].text, "what was not said is no part of the turn"
    assert turns[-1].text == "I am here. Take your time."


@pytest.mark.fault("A7")
@pytest.mark.alone
async def test_caller_who_talks_over_a_reply_and_is_not_made_out_soon_is_not_left_in_silence(
    stack: Stack,
) -> None:
    async with conversation(stack) as talk:
        await talk.is_greeted()
        await is_in_the_middle_of_a_reply(talk)
        async with fault(stack, endpoint="transcriptions", kind="stall", count=OFTEN):
            over = await talk.caller.say(BREAKS_IN)
            await talk.caller.hears(talk.desk, since_ms=over.end_ms, limit_s=15)
    began = [span.start_ms for span in talk.caller.sounds(talk.desk) if span.start_ms > over.start_ms]
    assert began[0] - over.end_ms <= PATIENCE_MS + BUSY_MS
