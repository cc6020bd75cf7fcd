"""Nods, interruptions and pauses in a real AgentSession with our turn handling, heard in real time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from livekit.agents import Agent, AgentSession, ConversationItemAddedEvent
from livekit.agents.llm import ChatMessage

from agents.groq.llm.groq_llm import GroqLLM
from agents.groq.stt.groq_stt import GroqSTT
from agents.groq.stt.stream import NOD, Nod
from agents.groq.tts.groq_tts import GroqTTS
from agents.session.barge_in_transcript import truncate_on_barge_in
from agents.session.filler_output import enable_fillers
from agents.session.resumable_output import make_resumable
from agents.session.spoken_floor import SpokenFloor
from agents.session.turn_taking import turn_handling
from local.groq_standin import LIKE_GROQ, Script, StandIn, standin
from local.measure.lanes import Span, spans
from settings import CallSettings, GroqSettings
from tests.groq.connection import connected
from tests.support.audio.headset import Microphone
from tests.support.audio.loudspeaker import Loudspeaker
from tests.support.audio.spoken import RATE, hush, words

LONG = (
    "Gladly. Brightwave was founded by two sisters in a garage at the edge of a small town. In the first "
    "year they laid nine miles of cable with a borrowed digger. In the second year it broke, and they "
    "bought one of their own. Then the neighbours came, and the school, and after them the whole valley."
)
SCRIPT = Script.model_validate(
    {
        "roles": {
            "desk": {
                "exchanges": [
                    {"heard": "tell me about your company", "say": LONG},
                    {"heard": ["okay", "yeah", "right", "I see"], "say": "Good. Is there anything else?"},
                    {"heard": ["stop", "stop please wait", "no"], "say": "I have stopped."},
                    {
                        "heard": "my number is four seven one nine two three five",
                        "say": "Thank you, I have it.",
                    },
                ],
                "otherwise": "Could you say that again?",
            }
        }
    }
)
CALL = CallSettings.model_construct()
STOPS_WITHIN_MS = 1_000
"""0.4 s is usual; a busy machine takes longer."""


@dataclass
class Call:
    """A caller with a headset, what was said, and the nods."""

    session: AgentSession[None]
    microphone: Microphone
    ear: Loudspeaker
    said: list[tuple[str, str]]
    nods: list[str]
    stand_in: StandIn

    async def say(self, line: str, *parts: str, pause_s: float = 0.0) -> Span:
        start_ms = round(1000 * self.ear.now_s)
        sounds = [words(line)]
        for part in parts:
            sounds += [hush(pause_s), words(part)]
        await self.microphone.say(*sounds)
        return Span(start_ms, round(1000 * self.ear.now_s))

    def sounds(self) -> tuple[Span, ...]:
        return spans(self.ear.lane(), RATE, join_ms=40)


@pytest.fixture
async def call(settings: GroqSettings) -> AsyncIterator[Call]:
    async with standin(SCRIPT, latencies=LIKE_GROQ) as running, connected(running, settings) as client:
        hearing = GroqSTT(client, settings, CALL)
        session: AgentSession[None] = AgentSession(
            stt=hearing,
            llm=GroqLLM(client, settings),
            tts=GroqTTS(client, settings, voice="hannah"),
            vad=hearing.vad,
            turn_handling=turn_handling(CALL),
            aec_warmup_duration=None,
        )
        call = Call(session, Microphone(), Loudspeaker(RATE), [], [], running)
        session.input.audio, session.output.audio = call.microphone, call.ear

        def on_item(event: ConversationItemAddedEvent) -> None:
            if isinstance(event.item, ChatMessage):
                call.said.append((event.item.role, event.item.text_content or ""))

        def on_nod(nod: Nod) -> None:
            call.nods.append(nod.words)

        session.on("conversation_item_added", on_item)
        hearing.on(NOD, on_nod)
        await session.start(Agent(instructions="You are a desk.\nYour role: desk"), record=False)
        output = make_resumable(session)
        enable_fillers(session)
        hearing.judge.floor = SpokenFloor(session, output, truncate_on_barge_in(session))
        yield call
        await session.aclose()


async def is_sounding(call: Call) -> None:
    """Waits until the agent is heard."""
    played = len(call.ear.heard)
    async with asyncio.timeout(30):
        while len(call.ear.heard) < played + RATE:  # noqa: ASYNC110 - the ear tells nobody
            await asyncio.sleep(0.02)


async def is_said(call: Call, words: str) -> None:
    async with asyncio.timeout(30):
        while not any(words in text for _, text in call.said):  # noqa: ASYNC110 - LiveKit tells no words
            await asyncio.sleep(0.02)


async def test_a_nod_does_not_stop_the_agent_and_a_stop_does(call: Call) -> None:
    await call.say("tell me about your company")
    await is_sounding(call)
    await call.say("okay")
    await is_sounding(call)
    stop = await call.say("stop please wait")
    await is_said(call, "I have stopped.")
    assert call.nods == ["Okay."]
    assert [role for role, _ in call.said] == ["user", "assistant", "user", "assistant"]
    assert call.said[2] == ("user", "Stop please wait.")
    (cut,) = (sound for sound in call.sounds() if sound.start_ms < stop.start_ms < sound.end_ms)
    assert cut.end_ms - stop.start_ms <= STOPS_WITHIN_MS
    assert "valley" not in call.said[1][1], "what was not heard is no part of the reply"
    assert len(call.stand_in.control.requests("chat")) == 2, "the reply was prepared while the caller spoke"


async def test_a_long_pause_within_a_number_is_waited_for(call: Call) -> None:
    await call.say("my number is four seven one", "nine two three five", pause_s=1.4)
    await is_said(call, "Thank you, I have it.")
    assert [role for role, _ in call.said] == ["user", "assistant"]
    assert call.said[0][1].lower().startswith("my number is four seven one")
