"""A word for a waiting caller, in a real session with the real adapters, past its own queue of speeches.

Checks the order only. tests/unit/agents/monitors/test_slow_reply.py checks the timing, in virtual time.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import numpy as np
import pytest
from groq import AsyncGroq
from livekit import rtc
from livekit.agents import Agent, AgentSession, ConversationItemAddedEvent
from livekit.agents.llm import ChatMessage
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
MOMENT, LONGER, ANSWER = "One moment.", "Just a moment longer.", "Good day to you."
LATE_S = SETTINGS.patience_s + 0.5
HANGS_S = 30.0


@dataclass
class Waiting:
    """A caller with a headset. `heard`: the inserted words and the agent's replies, in order."""

    session: AgentSession[None]
    microphone: Microphone
    earpiece: Earpiece
    hearing: GroqSTT
    heard: list[str] = field(default_factory=list)
    replied_at: float = 0.0  # on the loop's clock
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def says(self, seconds: float) -> None:
        """Say something that the desk understands, then let `seconds` pass."""
        await self.microphone.say(hush(0.3), words("hello"))
        await self.microphone.say(hush(seconds))

    async def until(self, reached: Callable[[], bool]) -> None:
        async with asyncio.timeout(HANGS_S):
            while not reached():
                self._changed.clear()
                await self._changed.wait()

    async def is_answered(self) -> None:
        await self.until(lambda: ANSWER in self.heard)

    def has_heard(self, line: str) -> None:
        self.heard.append(line)
        self._changed.set()

    def replied(self, event: ConversationItemAddedEvent) -> None:
        if isinstance(event.item, ChatMessage) and event.item.role == "assistant":
            self.replied_at = asyncio.get_running_loop().time()
            self.has_heard(event.item.text_content or "")

    async def play_filler(self, line: str) -> bool:
        self.has_heard(line)
        samples = np.full(RATE // 2, 3000, np.int16).tobytes()
        assert await play_filler(self.session, PromptAudio(line, samples, RATE))
        return True


@pytest.fixture
def settings() -> GroqSettings:
    """Limits so long that every reply comes, even on a busy machine."""
    return GroqSettings.model_construct(first_token_limit_s=HANGS_S, words_limit_s=HANGS_S)


@pytest.fixture
def patience_s() -> float:
    return SETTINGS.patience_s


@pytest.fixture
async def waiting(client: AsyncGroq, settings: GroqSettings, patience_s: float) -> AsyncIterator[Waiting]:
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
    made = Waiting(session, Microphone(), Earpiece(), hearing)
    session.on("conversation_item_added", made.replied)
    session.input.audio, session.output.audio = made.microphone, made.earpiece
    enable_fillers(session)
    watch = SlowReplyMonitor(
        session,
        made.play_filler,
        (MOMENT, LONGER),
        SETTINGS.model_copy(update={"patience_s": patience_s}),
        stt_progress=lambda: hearing.activity,
        busy=lambda: False,
    )
    await session.start(Agent(instructions="You are a desk.\nYour role: desk"), record=False)
    watching = asyncio.create_task(watch.fill_silences())
    yield made
    watching.cancel()
    await session.aclose()


async def test_a_reply_in_time_needs_no_word(waiting: Waiting) -> None:
    await waiting.says(SETTINGS.patience_s)
    await waiting.is_answered()
    in_time = waiting.replied_at - waiting.hearing.activity.last_speech_at < SETTINGS.patience_s
    assert waiting.heard == [ANSWER] if in_time else waiting.heard[-1] == ANSWER


async def test_a_late_reply_is_bridged_and_heard_after_the_word(waiting: Waiting, stand_in: StandIn) -> None:
    stand_in.control.fault("chat", "stall", count=9, stall_s=LATE_S)
    await waiting.says(0.0)
    await waiting.is_answered()
    assert (waiting.heard[0], waiting.heard[-1]) == (MOMENT, ANSWER)


async def test_a_late_transcription_is_bridged_as_well_and_again_when_it_goes_on(
    waiting: Waiting, stand_in: StandIn
) -> None:
    stand_in.control.fault("transcriptions", "stall", count=1)
    stand_in.control.fault("transcriptions", "stall", count=1, stall_s=0.4)
    stand_in.control.fault("chat", "stall", count=9, stall_s=LATE_S)
    await waiting.says(0.0)
    await waiting.is_answered()
    assert (waiting.heard[:2], waiting.heard[-1]) == ([MOMENT, LONGER], ANSWER)


async def test_a_sound_that_was_no_speech_is_not_answered_with_a_word(
    waiting: Waiting, stand_in: StandIn
) -> None:
    stand_in.control.fault("transcriptions", "empty", count=9)
    await waiting.says(SETTINGS.patience_s + 1.5)
    activity = waiting.hearing.activity
    assert not activity.transcribing
    in_time = activity.turn_ended_at - activity.last_speech_at < SETTINGS.patience_s
    assert waiting.heard == [] or not in_time


@pytest.mark.parametrize("patience_s", [3.0])
async def test_a_caller_who_goes_on_is_not_talked_into(waiting: Waiting, stand_in: StandIn) -> None:
    stand_in.control.fault("transcriptions", "stall", count=9)
    await waiting.says(1.5)
    await waiting.says(1.5)
    assert waiting.heard == []


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
