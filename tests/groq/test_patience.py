"""A word for a caller who waits: in a real session with the real adapters, past its own queue of speeches."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import numpy as np
import pytest
from groq import AsyncGroq
from livekit import rtc
from livekit.agents import Agent, AgentSession
from livekit.agents.voice.agent_session import SessionConnectOptions

from agents.audio.prepared_audio import PromptAudio
from agents.groq.llm.groq_llm import GroqLLM
from agents.groq.stt.groq_stt import GroqSTT
from agents.groq.tts.groq_tts import GroqTTS
from agents.monitors.slow_reply import SlowReplyMonitor
from agents.session.filler_output import enable_fillers, play_filler
from agents.session.turn_taking import turn_handling
from local.groq_standin import StandIn
from settings import CallSettings, GroqSettings
from tests.support.audio.headset import Earpiece, Microphone
from tests.support.audio.spoken import RATE, hush, words

pytestmark = pytest.mark.fault("A7")

SETTINGS = CallSettings.model_construct()
MOMENT, LONGER = "One moment.", "Just a moment longer."
LATE_S = 1.0  # on busy cores
FIRST, SECOND = "openai/gpt-oss-120b", "openai/gpt-oss-20b"


@dataclass
class Waiting:
    """A caller with a headset. `lines` are the words put in, each with the seconds since the caller spoke."""

    session: AgentSession[None]
    microphone: Microphone
    earpiece: Earpiece
    lines: list[tuple[str, float]] = field(default_factory=list)
    spoke_until: float = 0.0

    async def says(self, seconds: float) -> None:
        """Something the desk understands; then `seconds` pass."""
        await self.makes_a_sound(words("hello"), seconds)

    async def makes_a_sound(self, sound: np.ndarray[tuple[int], np.dtype[np.int16]], seconds: float) -> None:
        await self.microphone.say(hush(0.3), sound)
        self.spoke_until = asyncio.get_running_loop().time()
        await self.microphone.say(hush(seconds))

    async def play_filler(self, line: str) -> bool:
        self.lines.append((line, asyncio.get_running_loop().time() - self.spoke_until))
        samples = np.full(RATE // 2, 3000, np.int16).tobytes()
        assert await play_filler(self.session, PromptAudio(line, samples, RATE))
        return True

    @property
    def said(self) -> list[str]:
        return [line for line, _ in self.lines]


@pytest.fixture
async def waiting(client: AsyncGroq, settings: GroqSettings) -> AsyncIterator[Waiting]:
    hearing = GroqSTT(client, settings, SETTINGS)
    session: AgentSession[None] = AgentSession(
        stt=hearing,
        llm=GroqLLM(client, settings),
        tts=GroqTTS(client, settings, voice="hannah"),
        vad=hearing.vad,
        turn_handling=turn_handling(SETTINGS),
        aec_warmup_duration=None,
        conn_options=SessionConnectOptions(max_unrecoverable_errors=sys.maxsize),
    )
    made = Waiting(session, Microphone(), Earpiece())
    session.input.audio, session.output.audio = made.microphone, made.earpiece
    enable_fillers(session)
    watch = SlowReplyMonitor(
        session,
        made.play_filler,
        (MOMENT, LONGER),
        SETTINGS,
        stt_progress=lambda: hearing.activity,
        busy=lambda: False,
    )
    await session.start(Agent(instructions="You are a desk.\nYour role: desk"), record=False)
    watching = asyncio.create_task(watch.fill_silences())
    yield made
    watching.cancel()
    await session.aclose()


async def test_a_reply_in_time_needs_no_word(waiting: Waiting) -> None:
    await waiting.says(3.0)
    assert waiting.said == []
    assert waiting.earpiece.heard.is_set()


async def test_a_late_reply_is_bridged_and_heard_after_the_word(waiting: Waiting, stand_in: StandIn) -> None:
    stand_in.control.fault("chat", "stall", model=FIRST, count=9)
    stand_in.control.fault("chat", "stall", model=SECOND, count=9, stall_s=0.8)
    await waiting.says(4.0)
    ((line, after_s),) = waiting.lines
    assert line == MOMENT
    assert SETTINGS.patience_s - 0.35 <= after_s <= SETTINGS.patience_s + LATE_S
    assert [item.text_content for item in waiting.session.history.messages()][-1] == "Good day to you."


async def test_a_late_transcription_is_bridged_as_well_and_again_when_it_goes_on(
    waiting: Waiting, stand_in: StandIn
) -> None:
    stand_in.control.fault("transcriptions", "stall", count=1)
    stand_in.control.fault("transcriptions", "stall", count=1, stall_s=0.4)
    stand_in.control.fault("chat", "stall", model=FIRST, count=9)
    stand_in.control.fault("chat", "stall", model=SECOND, count=9, stall_s=0.8)
    await waiting.says(6.0)
    assert waiting.said == [MOMENT, LONGER]


async def test_a_sound_that_was_no_speech_is_not_answered_with_a_word(
    waiting: Waiting, stand_in: StandIn
) -> None:
    stand_in.control.fault("transcriptions", "empty", count=9)
    await waiting.says(4.0)
    assert waiting.said == []


async def test_a_caller_who_goes_on_is_not_talked_into(waiting: Waiting, stand_in: StandIn) -> None:
    stand_in.control.fault("transcriptions", "stall", count=9, stall_s=2.0)
    await waiting.says(1.0)
    await waiting.says(1.0)
    assert waiting.said == []


async def test_what_is_put_in_belongs_to_no_speech(waiting: Waiting) -> None:
    states: list[str] = []
    waiting.session.on("agent_state_changed", lambda event: states.append(event.new_state))
    await waiting.play_filler(MOMENT)
    assert states == []
    assert not waiting.session.history.messages()


async def test_nothing_is_put_in_while_the_session_speaks(waiting: Waiting) -> None:
    async def long_line() -> AsyncIterator[rtc.AudioFrame]:
        for _ in range(10):
            yield rtc.AudioFrame(bytes(960), RATE, 1, 480)
            await asyncio.sleep(0.02)

    speech = waiting.session.say("a line", audio=long_line())
    await asyncio.sleep(0.1)
    assert not await play_filler(waiting.session, PromptAudio(MOMENT, bytes(960), RATE))
    await speech
