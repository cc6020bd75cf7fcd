"""Hearing in a real AgentSession with our turn handling: one answer a turn, early, and never too early."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from groq import AsyncGroq
from livekit.agents import Agent, AgentSession, ConversationItemAddedEvent, ErrorEvent
from livekit.agents.llm import ChatMessage
from livekit.agents.voice.agent_session import SessionConnectOptions

from agents.groq.llm.groq_llm import GroqLLM
from agents.groq.stt.groq_stt import GroqSTT
from agents.groq.tts.groq_tts import GroqTTS
from agents.session.turn_taking import turn_handling
from local.groq_standin import StandIn
from settings import CallSettings, GroqSettings
from tests.support.audio.headset import Earpiece, Microphone
from tests.support.audio.spoken import hush, words

WANTS_BILLING = "I want the billing desk"
UNHURRIED = CallSettings.model_construct(turn_taking="patient")
"""So patient that a reply is ready before a turn is over, however busy the machine is."""


@dataclass
class Call:
    """A caller with a headset, and what was said."""

    session: AgentSession[None]
    microphone: Microphone
    earpiece: Earpiece
    said: list[tuple[str, str]]
    errors: list[ErrorEvent]

    async def answered(self) -> None:
        async with asyncio.timeout(30):
            await self.earpiece.heard.wait()
        self.earpiece.heard.clear()
        # The agent's words are recorded after they were heard.
        async with asyncio.timeout(30):
            while self.said[-1][0] != "assistant":  # noqa: ASYNC110 - LiveKit tells it by the event alone
                await asyncio.sleep(0.01)


@pytest.fixture
def call_settings() -> CallSettings:
    return UNHURRIED


@pytest.fixture
async def call(client: AsyncGroq, settings: GroqSettings, call_settings: CallSettings) -> AsyncIterator[Call]:
    hearing = GroqSTT(client, settings, call_settings)
    session: AgentSession[None] = AgentSession(
        stt=hearing,
        llm=GroqLLM(client, settings),
        tts=GroqTTS(client, settings, voice="hannah"),
        vad=hearing.vad,
        turn_handling=turn_handling(call_settings),
        aec_warmup_duration=None,
        conn_options=SessionConnectOptions(max_unrecoverable_errors=sys.maxsize),
    )
    call = Call(session, Microphone(), Earpiece(), [], [])
    session.input.audio, session.output.audio = call.microphone, call.earpiece

    def on_item(event: ConversationItemAddedEvent) -> None:
        if isinstance(event.item, ChatMessage):
            call.said.append((event.item.role, event.item.text_content or ""))

    session.on("conversation_item_added", on_item)
    session.on("error", call.errors.append)
    await session.start(Agent(instructions="You are a desk.\nYour role: desk"), record=False)
    yield call
    await session.aclose()


def asked(stand_in: StandIn) -> tuple[int, int, int]:
    """Return how many transcriptions, replies and pieces of speech were requested."""
    control = stand_in.control
    return (
        len(control.requests("transcriptions")),
        len(control.requests("chat")),
        len(control.requests("speech")),
    )


async def test_the_reply_is_made_ready_before_the_turn_is_over_and_made_once(
    call: Call, stand_in: StandIn
) -> None:
    await call.microphone.say(hush(0.3), words("hello"), hush(1.2))
    assert asked(stand_in) == (1, 1, 1)
    assert call.said == []
    await call.answered()
    assert call.said == [("user", "Hello."), ("assistant", "Good day to you.")]
    assert asked(stand_in) == (1, 1, 1)


async def test_a_caller_who_goes_on_is_answered_once_and_to_all_of_it(call: Call, stand_in: StandIn) -> None:
    await call.microphone.say(hush(0.3), words("hello"), hush(1.2), words("hello"))
    await call.answered()
    assert [role for role, _ in call.said] == ["user", "assistant"]
    assert call.said[0][1] == "Hello hello."
    assert asked(stand_in)[0] == 2


@pytest.mark.parametrize("call_settings", [CallSettings.model_construct()])
async def test_with_the_usual_settings_a_pause_of_four_tenths_is_waited_for(call: Call) -> None:
    await call.microphone.say(
        hush(0.3), words("I want"), hush(0.4), words("hello"), hush(0.4), words("hello")
    )
    await call.answered()
    assert [role for role, _ in call.said] == ["user", "assistant"]


@pytest.mark.fault("A7")
@pytest.mark.parametrize("call_settings", [CallSettings.model_construct()])
async def test_after_many_failures_the_agent_still_hears(call: Call, stand_in: StandIn) -> None:
    stand_in.control.fault("transcriptions", "unauthorized", count=10)  # both ears
    for _ in range(5):
        await call.microphone.say(hush(0.1), words("hello"), hush(0.8))
    assert [getattr(event.error, "recoverable", None) for event in call.errors] == [False] * 5
    await call.microphone.say(hush(0.3), words("hello"))
    await call.answered()
    assert call.said == [("user", "Hello."), ("assistant", "Good day to you.")]
