"""Who spoke each turn, and how model errors are described and recorded."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, cast

import pytest
from livekit.agents import (
    AgentSession,
    APIError,
    APIStatusError,
    APITimeoutError,
    ConversationItemAddedEvent,
    ErrorEvent,
)
from livekit.agents.llm import ChatMessage, LLMError
from livekit.agents.stt import STTError
from livekit.agents.tts import TTSError

from agents.groq.stt.groq_stt import GroqSTT
from agents.monitors.model_errors import ModelErrorMonitor, describe_error
from agents.monitors.trouble_log import TroubleLog
from agents.redaction.kinds import KINDS
from agents.redaction.redactor import Redactor
from agents.session.transcript import Transcript, operator_message
from agents.session.voice import SessionVoice
from errors import StoreUnusable
from persistence.contract.store import Store
from persistence.records import CALLER, OPERATOR, Call, JobId, Trouble, WorkerId
from persistence.write_queue import WriteQueue
from tests.support.fakes import START, LoopClock, Steps
from tests.support.handoff_world import CALL, FRONT_DESK
from tests.support.memory_store import MemoryStore


class FakeSession:
    """Calls its listeners."""

    def __init__(self) -> None:
        self.stt: GroqSTT | None = None
        self._listeners: dict[str, Callable[[Any], None]] = {}

    def on(self, event: str, listener: Callable[[Any], None]) -> None:
        self._listeners[event] = listener

    def emit(self, event: str, what: object) -> None:
        self._listeners[event](what)


class FakeVoice:
    def __init__(self) -> None:
        self.told: list[str] = []

    async def speak(self, line: str) -> None:
        self.told.append(line)


async def test_where_the_role_redacts_neither_store_nor_brief_has_the_number_and_nods_stay() -> None:
    session, store, queue = FakeSession(), MemoryStore(Steps()), WriteQueue()
    await store.open_call(
        Call(CALL, "room-1", "caller-1", FRONT_DESK, JobId("job-1"), WorkerId("worker-1"), START)
    )
    log = Transcript(cast(Store, store), CALL, FRONT_DESK, LoopClock(), queue, Redactor(KINDS))
    log.attach(cast(AgentSession[Any], session))

    for role, words in (
        ("user", "my mail is jane at gmail dot com"),
        ("assistant", "Thank you. I read back jane@gmail.com."),
        ("user", "and the card is 4111 1111"),
        ("assistant", "Go on, 4111 1111."),
        ("user", "1111 1111"),
        ("user", "four one one one one one one one"),
    ):
        item = ChatMessage(role=cast(Any, role), content=[words])
        session.emit("conversation_item_added", ConversationItemAddedEvent(item=item))
    assert [turn.text for turn in log.turns][-1] == "[number]", "what waits is in no brief either"
    session.emit("close", None)
    await queue.settled(5)

    assert [turn.text for turn in await store.turns(CALL)] == [
        "my mail is [e-mail address]",
        "Thank you. I read back [e-mail address].",
        "and the card is [number]",
        "Go on, [number].",
        "[card number ending 1111]",
        "[number]",
    ]
    assert [turn.text for turn in log.turns] == [turn.text for turn in await store.turns(CALL)]


async def test_another_agent_gets_the_callers_words_as_they_are_stored_also_in_answer_to_a_question() -> None:
    session, store, queue = FakeSession(), MemoryStore(Steps()), WriteQueue()
    log = Transcript(cast(Store, store), CALL, FRONT_DESK, LoopClock(), queue, Redactor(KINDS))
    log.attach(cast(AgentSession[Any], session))
    said = ("It is 12345678, I think.", "4111 1111", "Hello?")
    for role, words in (
        ("assistant", "What is your bank account, please?"),
        *(("user", words) for words in said),
    ):
        message = ChatMessage.model_validate({"role": role, "content": [words]})
        session.emit("conversation_item_added", ConversationItemAddedEvent(item=message))
    assert log.passed_on(said) == ("It is [account number], I think.", "[account number]", "Hello?")
    assert log.passed_on(said) == tuple(turn.text for turn in log.turns[1:])
    assert log.passed_on(["my mail is jane@gmail.com"]) == ("my mail is [e-mail address]",), "of no turn yet"


async def test_each_turn_names_its_speaker() -> None:
    session = FakeSession()
    log = Transcript(cast(Store, MemoryStore(Steps())), CALL, FRONT_DESK, LoopClock(), WriteQueue())
    log.attach(cast(AgentSession[None], session))
    for message in (
        ChatMessage(role="assistant", content=["Hello."]),
        ChatMessage(role="user", content=["My bill is too high."]),
        operator_message("what are your opening hours"),
        ChatMessage(role="system", content=["a note"]),
    ):
        session.emit("conversation_item_added", ConversationItemAddedEvent(item=message))
    assert [(turn.speaker, turn.text) for turn in log.turns] == [
        (FRONT_DESK, "Hello."),
        (CALLER, "My bill is too high."),
        (OPERATOR, "what are your opening hours"),
    ]


LIMITED = APIStatusError("Groq: limited", status_code=429)
CHAT = LLMError(timestamp=0, label="", error=LIMITED, recoverable=False)
HEARING = STTError(timestamp=0, label="", error=APITimeoutError("Groq: slow"), recoverable=False)
TERMS = TTSError(
    timestamp=0,
    label="",
    error=APIStatusError("Groq: terms_not_accepted", status_code=400),
    recoverable=False,
)
SPEAKING = TTSError(timestamp=0, label="", error=APIError("cut"), recoverable=True)


@pytest.mark.parametrize(
    ("error", "described"),
    [
        (CHAT, ("chat", "429")),
        (HEARING, ("hearing", "slow")),
        (TERMS, ("speaking", "terms_not_accepted")),
        (SPEAKING, ("speaking", "APIError")),
        (RuntimeError("somebody's words"), ("other", "RuntimeError")),
    ],
)
def test_an_error_is_described_in_a_word(error: object, described: tuple[str, str]) -> None:
    assert describe_error(error) == described


@pytest.mark.looptime
async def test_an_error_is_recorded_once_the_store_answers() -> None:
    store = MemoryStore(steps := Steps())
    await store.open_call(
        Call(CALL, "room-1", "caller-1", FRONT_DESK, JobId("job-1"), WorkerId("worker-1"), START)
    )

    async def fail() -> None:
        raise StoreUnusable("locked")

    steps.at("note_trouble", fail)
    write_queue = WriteQueue()
    log = TroubleLog(store, CALL, LoopClock(), write_queue)
    for error in ("429", "day_spent", "503", "day_spent"):
        log.record("chat", error)
    assert await write_queue.settled(10)
    assert await store.troubles(CALL) == [
        Trouble(CALL, "chat", error, START) for error in ("429", "day_spent", "503")
    ]


@pytest.mark.parametrize("busy", [True, False])
async def test_an_error_is_recorded_and_told_to_the_caller_unless_the_agent_is_busy(
    busy: bool,
) -> None:
    session, voice, recorded = FakeSession(), FakeVoice(), []
    watch = ModelErrorMonitor(
        cast(AgentSession[None], session),
        cast(SessionVoice, voice),
        lambda: "Pardon?",
        lambda: busy,
        lambda part, error: recorded.append((part, error)),
    )
    watching = asyncio.create_task(watch.report_errors())
    session.emit("error", ErrorEvent(error=HEARING, source=None))
    await asyncio.sleep(0.01)
    watching.cancel()
    assert recorded == [("hearing", "slow")]
    assert voice.told == ([] if busy else ["Pardon?"])
