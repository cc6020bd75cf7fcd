"""Every row of Groq's faults, over HTTP: the second model or an error in time; words never twice or never."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from groq import AsyncGroq
from livekit.agents import APIConnectionError, APIError, APIStatusError, APITimeoutError

from agents.groq.llm.groq_llm import GroqLLM
from agents.groq.spending.unread import UNREAD_S
from local.groq_standin import StandIn
from settings import GroqSettings
from tests.groq.sse import chunk, groq_over, streamed
from tests.groq.talk import AGREED_S, HELLO_ANSWER, WANTS_BILLING, ask

pytestmark = pytest.mark.fault("A7")

FIRST, SECOND = "openai/gpt-oss-120b", "openai/gpt-oss-20b"


@pytest.fixture
def chat(client: AsyncGroq, settings: GroqSettings) -> GroqLLM:
    return GroqLLM(client, settings)


def asked(stand_in: StandIn) -> list[str]:
    """Return the models that got requests, in order."""
    return [entry.model for entry in stand_in.control.requests("chat")]


def details(stand_in: StandIn, name: str) -> list[object]:
    return [entry.details.get(name) for entry in stand_in.control.requests("chat")]


HELPED_BY_THE_SECOND_MODEL: list[tuple[str, dict[str, Any]]] = [
    ("rate_limited", {"retry_after_s": 20}),
    ("no_capacity", {}),
    ("model_gone", {}),
    ("server_error", {"status": 503}),
    ("stall", {}),
    ("stall", {"after_chunks": 1}),
    ("error_event", {"code": "rate_limit_exceeded", "after_chunks": 1}),
    ("error_event", {"code": "capacity_exceeded", "after_chunks": 1}),
]


@pytest.mark.parametrize(("kind", "fields"), HELPED_BY_THE_SECOND_MODEL)
async def test_the_second_model_answers_in_time(
    chat: GroqLLM, stand_in: StandIn, kind: Any, fields: dict[str, Any]
) -> None:
    stand_in.control.fault("chat", kind, model=FIRST, count=9, **fields)
    heard = await ask(chat)
    assert heard.words == HELLO_ANSWER
    assert asked(stand_in) == [FIRST, SECOND]
    assert heard.after_s < AGREED_S


HELPED_BY_ASKING_AGAIN: list[tuple[str, dict[str, Any]]] = [
    ("server_error", {"status": 500}),
    ("cut", {}),
    ("cut", {"reset": True}),
    ("cut", {"after_chunks": 1}),
    ("ends_early", {"after_chunks": 1}),
    ("error_event", {"after_chunks": 1}),
    ("empty", {}),
    ("rate_limited", {"retry_after_s": 0.3}),
]


@pytest.mark.parametrize(("kind", "fields"), HELPED_BY_ASKING_AGAIN)
async def test_the_same_model_is_asked_once_more(
    chat: GroqLLM, stand_in: StandIn, kind: Any, fields: dict[str, Any]
) -> None:
    stand_in.control.fault("chat", kind, **fields)
    heard = await ask(chat)
    assert heard.words == HELLO_ANSWER
    assert asked(stand_in) == [FIRST, FIRST]
    assert heard.after_s < AGREED_S


@pytest.mark.parametrize("kind", ["server_error", "cut", "ends_early", "empty"])
async def test_the_second_model_is_asked_when_once_more_did_not_help(
    chat: GroqLLM, stand_in: StandIn, kind: Any
) -> None:
    fields = {"status": 500} if kind == "server_error" else {}
    stand_in.control.fault("chat", kind, model=FIRST, count=9, **fields)
    heard = await ask(chat)
    assert heard.words == HELLO_ANSWER
    assert asked(stand_in) == [FIRST, FIRST, SECOND]


async def test_an_answer_of_signs_alone_is_no_answer(settings: GroqSettings) -> None:
    said = iter([["\U0001f44d"], [" … ", "\u201c", "Good", " day."]])

    def handler(request: httpx.Request) -> httpx.Response:
        return streamed([*(chunk({"content": words}) for words in next(said)), chunk({}, "stop")])

    async with groq_over(handler, settings) as client:
        assert (await ask(GroqLLM(client, settings))).words == "… \u201cGood day."


NOT_HELPED: list[tuple[str, dict[str, Any], type[APIError], bool]] = [
    ("rate_limited", {"retry_after_s": 20}, APIStatusError, True),
    ("rate_limited", {"retry_after_s": 1.2}, APIStatusError, True),
    ("no_capacity", {}, APIStatusError, True),
    ("tool_use_failed", {}, APIStatusError, True),
    ("error_event", {}, APIError, True),
    ("cut", {}, APIConnectionError, True),
    ("stall", {}, APITimeoutError, True),
    ("stall", {"after_chunks": 1}, APITimeoutError, True),
    ("ends_early", {"after_chunks": 1}, APIError, True),
    ("model_gone", {}, APIStatusError, False),
    ("unauthorized", {}, APIStatusError, False),
    ("server_error", {"status": 500}, APIStatusError, True),
    ("empty", {}, APIError, True),
]


@pytest.mark.parametrize(("kind", "fields", "error", "retryable"), NOT_HELPED)
async def test_when_nothing_helps_an_error_comes_in_time_for_a_spoken_line(
    chat: GroqLLM,
    stand_in: StandIn,
    kind: Any,
    fields: dict[str, Any],
    error: type[APIError],
    *,
    retryable: bool,
) -> None:
    told: list[Any] = []
    chat.on("error", told.append)
    stand_in.control.fault("chat", kind, count=99, **fields)
    heard = await ask(chat)
    assert heard.words == ""
    assert type(heard.error) is error
    assert heard.error.retryable is retryable
    assert heard.after_s < AGREED_S
    assert [event.recoverable for event in told] == [False]
    # A request is awaited until its answer has come, or for UNREAD_S: the answer contains its cost.
    async with asyncio.timeout(UNREAD_S + 1):
        await stand_in.control.until(lambda: stand_in.control.counts("chat").under_way == 0)


async def test_a_refused_key_is_not_tried_twice(chat: GroqLLM, stand_in: StandIn) -> None:
    stand_in.control.fault("chat", "unauthorized", count=9)
    await ask(chat)
    assert asked(stand_in) == [FIRST]


AFTER_WORDS: list[tuple[str, dict[str, Any]]] = [
    ("cut", {}),
    ("cut", {"reset": True}),
    ("stall", {}),
    ("ends_early", {}),
    ("error_event", {}),
]


@pytest.mark.parametrize(("kind", "fields"), AFTER_WORDS)
async def test_after_words_nothing_is_tried_again(
    chat: GroqLLM, stand_in: StandIn, kind: Any, fields: dict[str, Any]
) -> None:
    stand_in.control.fault("chat", kind, after_chunks=3, **fields)
    heard = await ask(chat)
    assert heard.words == "Good day"
    assert heard.error is not None
    assert not heard.error.retryable
    assert asked(stand_in) == [FIRST]


async def test_a_stall_after_the_last_word_costs_nothing(chat: GroqLLM, stand_in: StandIn) -> None:
    role, words, finish = 1, 4, 1
    stand_in.control.fault("chat", "stall", after_chunks=role + words + finish)
    heard = await ask(chat)
    assert (heard.words, heard.error) == (HELLO_ANSWER, None)
    assert asked(stand_in) == [FIRST]


async def test_a_failed_tool_call_is_asked_for_again_at_a_lower_temperature(
    chat: GroqLLM, stand_in: StandIn, settings: GroqSettings
) -> None:
    stand_in.control.fault("chat", "tool_use_failed")
    heard = await ask(chat, WANTS_BILLING)
    assert [call.name for call in heard.calls] == ["transfer_call"]
    before, after = details(stand_in, "temperature")
    assert before == settings.chat_temperature
    assert after == settings.chat_temperature / 4


async def test_a_tool_call_that_fails_twice_becomes_words_without_tools(
    chat: GroqLLM, stand_in: StandIn
) -> None:
    stand_in.control.fault("chat", "tool_use_failed", count=2)
    heard = await ask(chat)
    assert heard.words == HELLO_ANSWER
    assert details(stand_in, "tools") == [["transfer_call"], ["transfer_call"], []]
    assert heard.after_s < AGREED_S


async def test_a_tool_call_that_fails_in_the_stream_is_the_same(chat: GroqLLM, stand_in: StandIn) -> None:
    stand_in.control.fault("chat", "error_event", code="tool_use_failed", after_chunks=1)
    heard = await ask(chat, WANTS_BILLING)
    assert [call.name for call in heard.calls] == ["transfer_call"]
    assert details(stand_in, "temperature") == [0.4, 0.1]


async def test_a_failure_of_one_reply_is_forgotten_by_the_next(chat: GroqLLM, stand_in: StandIn) -> None:
    stand_in.control.fault("chat", "no_capacity")
    await ask(chat)
    stand_in.control.forget_requests()
    await ask(chat)
    assert asked(stand_in) == [FIRST]


async def test_a_role_on_the_second_model_falls_back_to_the_first(
    client: AsyncGroq, settings: GroqSettings, stand_in: StandIn
) -> None:
    stand_in.control.fault("chat", "no_capacity")
    assert (await ask(GroqLLM(client, settings, model=SECOND))).words == HELLO_ANSWER
    assert asked(stand_in) == [SECOND, FIRST]
