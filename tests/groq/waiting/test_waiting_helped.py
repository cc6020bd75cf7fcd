"""A caller in line who speaks, in a real session with the real adapters: answered once, and remembered."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from groq import AsyncGroq
from livekit import rtc
from livekit.agents import Agent, AgentSession
from livekit.agents.llm import ChatMessage
from livekit.agents.voice.agent_session import SessionConnectOptions

from agents.audio.prepared_audio import PromptAudioCache
from agents.groq.llm.groq_llm import GroqLLM
from agents.groq.stt.groq_stt import GroqSTT
from agents.groq.tts.groq_tts import GroqTTS
from agents.people.waiting_help import Thinking, WaitingHelp
from agents.roster.roster import load_roster
from agents.session.turn_taking import turn_handling
from agents.session.voice import SessionVoice
from clock import SystemClock
from local.groq_standin.script import words_of
from persistence.records import CallId
from settings import CallSettings, GroqSettings
from tests.groq.talk import HELLO_ANSWER
from tests.support.audio.headset import Earpiece, Microphone
from tests.support.audio.spoken import hush, words
from tests.support.fakes import LoopClock
from tests.support.memory_store import MemoryDatabase, MemoryStore
from tests.unit.agents.roster.test_roster import ROSTER, VOICES
from transfer.ports import Help

SETTINGS = CallSettings.model_construct()
LIMIT_S = 15.0
HOUSE = load_roster(ROSTER, voices=VOICES).house


@dataclass
class Line:
    """A caller in line, with a headset, and the voice of the desk that handed over."""

    session: AgentSession[None]
    voice: SessionVoice
    microphone: Microphone
    earpiece: Earpiece
    helper: WaitingHelp

    async def says_hello(self) -> None:
        await self.microphone.say(hush(0.3), words("hello"), hush(1.5))

    @property
    def known(self) -> list[tuple[str, str]]:
        items = self.session.current_agent.chat_ctx.items
        return [(item.role, item.text_content or "") for item in items if isinstance(item, ChatMessage)]


@pytest.fixture
async def line(client: AsyncGroq, settings: GroqSettings, tmp_path: Path) -> AsyncIterator[Line]:
    hearing, model = GroqSTT(client, settings, SETTINGS), GroqLLM(client, settings)
    session: AgentSession[None] = AgentSession(
        stt=hearing,
        llm=model,
        tts=GroqTTS(client, settings, voice="hannah"),
        vad=hearing.vad,
        turn_handling=turn_handling(SETTINGS),
        aec_warmup_duration=None,
        conn_options=SessionConnectOptions(max_unrecoverable_errors=sys.maxsize),
    )
    microphone, earpiece = Microphone(), Earpiece()
    session.input.audio, session.output.audio = microphone, earpiece
    voice = SessionVoice(session, rtc.Room(), PromptAudioCache(tmp_path, "here"), "hannah", SystemClock())
    agent = Agent(instructions="You are a desk.\nYour role: desk")
    await session.start(agent, record=False)
    clock = LoopClock()
    helper = WaitingHelp(
        store=MemoryStore(database=MemoryDatabase(clock.now_ms)),
        clock=clock,
        call=CallId("call"),
        target="our care team",
        lines=HOUSE.lines,
        notes=HOUSE.notes,
        words=HOUSE.tools,
        thinking=lambda: Thinking(model, str(agent.instructions), agent.chat_ctx.copy(), ()),
        prepare=voice.prepare,
    )
    try:
        yield Line(session, voice, microphone, earpiece, helper)
    finally:
        await session.aclose()


async def test_a_caller_in_line_is_heard_answered_once_and_the_model_knows_both(line: Line) -> None:
    await line.voice.close_ears()
    async with asyncio.timeout(LIMIT_S):
        heard = asyncio.create_task(line.voice.addressed())
        await line.says_hello()
        said = await heard
        assert await line.helper.answer(said) == Help(HELLO_ANSWER)
        spoken = await line.voice.reply(HELLO_ANSWER)
        await line.voice.note_answered(said)
    assert spoken.whole
    assert line.known[-2:] == [("user", " ".join(said)), ("assistant", HELLO_ANSWER)]
    assert line.voice.unanswered() == (), "nobody answers it again"
    assert sum(role == "assistant" for role, _ in line.known) == 1


async def test_words_that_are_not_known_yet_when_the_person_comes_are_written_down(line: Line) -> None:
    await line.voice.close_ears()
    written: list[str] = []
    line.session.on("conversation_item_added", lambda event: written.append(event.item.text_content))
    async with asyncio.timeout(LIMIT_S):
        await line.microphone.say(hush(0.3), words("hello"))
        assert line.voice.unanswered() == ()
        await line.voice.hear_out()
    assert [words_of(text) for text in written] == [["hello"]]


async def test_an_answer_that_is_broken_off_is_over_soon(line: Line) -> None:
    await line.voice.close_ears()
    async with asyncio.timeout(LIMIT_S):
        speaking = asyncio.create_task(line.voice.reply("One and two and three and four and five. " * 5))
        while line.session.current_speech is None:  # noqa: ASYNC110 - LiveKit gives no notice
            await asyncio.sleep(0.01)
        await line.voice.break_off(0.4)
        assert not (await speaking).whole
        await line.voice.break_off(0.4)  # nothing is spoken any more
