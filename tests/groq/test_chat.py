"""What requests Groq gets, and what LiveKit learns from a reply that succeeds."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import httpx
import pytest
from groq import AsyncGroq
from livekit.agents import Agent, AgentSession
from livekit.agents.llm import ChatContext, ChatMessage, FunctionCall, FunctionCallOutput
from livekit.agents.metrics import LLMMetrics
from livekit.agents.voice.run_result import RunResult

from agents.groq.llm.groq_llm import GroqLLM
from agents.groq.llm.request import MAX_COMPLETION_TOKENS
from agents.groq.spending.unread import UNREAD_S
from local.groq_standin import StandIn
from settings import GroqSettings
from tests.groq.sse import chunk, groq_over, streamed
from tests.groq.talk import HELLO, HELLO_ANSWER, WANTS_BILLING, ask, history, transfer_tool

ANSWERED = [chunk({"content": "Yes."}), chunk({}, "stop")]


async def _request(settings: GroqSettings, context: ChatContext, **chat: Any) -> dict[str, Any]:
    """Return the body of the request that a reply to `context` sends."""
    sent: list[dict[str, Any]] = []

    def handler(request: httpx.Request) -> httpx.Response:
        sent.append(json.loads(request.content))
        return streamed(ANSWERED)

    async with groq_over(handler, settings) as client:
        model = chat.pop("model", None)
        await GroqLLM(client, settings, model=model).chat(chat_ctx=context, **chat).collect()
    (body,) = sent
    return body


async def test_gpt_oss_thinks_little_and_unheard(settings: GroqSettings) -> None:
    body = await _request(settings, history(HELLO))
    assert body["reasoning_effort"] == "low"
    assert body["include_reasoning"] is False


async def test_every_reply_has_a_token_limit(settings: GroqSettings) -> None:
    assert (await _request(settings, history(HELLO)))["max_completion_tokens"] == MAX_COMPLETION_TOKENS


async def test_other_models_are_not_told_how_to_think(settings: GroqSettings) -> None:
    body = await _request(settings, history(HELLO), model="llama-next")
    assert body["model"] == "llama-next"
    assert not {"reasoning_effort", "include_reasoning"} & set(body)


async def test_the_instructions_come_first_and_unchanged(settings: GroqSettings) -> None:
    context = history(HELLO)
    first = (await _request(settings, context))["messages"]
    context.add_message(role="assistant", content="Yes?")
    context.add_message(role="user", content="well")
    assert (await _request(settings, context))["messages"][: len(first)] == first


async def test_a_tool_call_and_its_result_go_back_without_anything_groq_does_not_know(
    settings: GroqSettings,
) -> None:
    extra = {"google": {"thought_signature": "x"}}
    context = ChatContext(
        [
            ChatMessage(role="developer", content=["Be kind."]),
            ChatMessage(role="user", content=["hello"], extra=extra),
            FunctionCall(call_id="a", name="transfer_call", arguments="{}", extra=extra),
            FunctionCallOutput(call_id="a", name="transfer_call", output="done", is_error=False),
        ]
    )
    body = await _request(settings, context, tools=[transfer_tool()])
    assert [message["role"] for message in body["messages"]] == ["system", "user", "assistant", "tool"]
    assert "extra_content" not in json.dumps(body)
    assert body["tools"][0]["function"]["name"] == "transfer_call"


async def test_a_choice_of_tools_is_not_sent_without_tools(settings: GroqSettings) -> None:
    body = await _request(settings, history(HELLO), tool_choice="none")
    assert "tool_choice" not in body
    with_tools = await _request(settings, history(HELLO), tool_choice="none", tools=[transfer_tool()])
    assert with_tools["tool_choice"] == "none"


async def test_livekit_learns_the_time_and_the_tokens_of_a_reply(
    client: AsyncGroq, settings: GroqSettings
) -> None:
    chat = GroqLLM(client, settings)
    measured: list[LLMMetrics] = []
    chat.on("metrics_collected", measured.append)
    assert (await ask(chat)).words == HELLO_ANSWER
    (metrics,) = measured
    assert metrics.ttft > 0
    assert metrics.completion_tokens > 0
    assert metrics.prompt_tokens > 0
    assert metrics.metadata is not None
    assert (metrics.metadata.model_name, metrics.metadata.model_provider) == (settings.chat_model, "groq")


async def test_words_are_passed_on_before_the_answer_is_whole(
    client: AsyncGroq, settings: GroqSettings, stand_in: StandIn
) -> None:
    stand_in.control.fault("chat", "stall", after_chunks=2)
    async with GroqLLM(client, settings).chat(chat_ctx=history(HELLO)) as stream:
        first = await anext(stream)
        while first.delta is None:
            first = await anext(stream)
        assert first.delta.content == "Good"
        assert stand_in.control.counts("chat").under_way == 1


async def test_a_reply_that_is_broken_off_leaves_no_request_behind(
    client: AsyncGroq, settings: GroqSettings, stand_in: StandIn
) -> None:
    stand_in.control.fault("chat", "stall", after_chunks=2, count=3)
    for _ in range(3):
        async with GroqLLM(client, settings).chat(chat_ctx=history(HELLO)) as stream:
            await anext(stream)
    assert (await ask(GroqLLM(client, settings))).words == HELLO_ANSWER
    async with asyncio.timeout(UNREAD_S + 1):  # unread answers are awaited: they contain their cost
        await stand_in.control.until(lambda: stand_in.control.counts("chat").under_way == 0)


async def test_one_connection_serves_one_reply_after_the_other(
    settings: GroqSettings, stand_in: StandIn, client: AsyncGroq, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "httpcore.connection")
    for _ in range(3):
        assert (await ask(GroqLLM(client, settings))).words == HELLO_ANSWER
    opened = [record for record in caplog.records if "connect_tcp.complete" in record.getMessage()]
    assert len(opened) == 1


async def test_the_log_knows_groqs_id_and_limits_and_no_words(
    client: AsyncGroq, settings: GroqSettings, stand_in: StandIn, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    stand_in.control.fault("chat", "tool_use_failed", failed_generation="the card is 4111 1111 1111 1111")
    await ask(GroqLLM(client, settings), WANTS_BILLING)
    fields = [vars(record) for record in caplog.records if record.name.startswith("agents.groq.llm.")]
    assert any(field.get("fault") == "tool_use" for field in fields)
    last = fields[-1]
    assert last["groq_id"].startswith("req_")
    assert "x_ratelimit_remaining_tokens" in last
    written = json.dumps([{name: str(value) for name, value in vars(r).items()} for r in caplog.records])
    for words in ("4111 1111", WANTS_BILLING, '"billing"', "You are a desk"):
        assert words not in written


async def test_an_agent_session_speaks_and_calls_tools_through_it(
    client: AsyncGroq, settings: GroqSettings, stand_in: StandIn
) -> None:
    stand_in.control.fault("chat", "cut")
    agent = Agent(instructions="You are a desk.\nYour role: desk", tools=[transfer_tool()])
    async with AgentSession(llm=GroqLLM(client, settings)) as session:
        await session.start(agent, record=False)
        spoken: RunResult[None] = await session.run(user_input=HELLO)
        spoken.expect.next_event().is_message(role="assistant")
        called: RunResult[None] = await session.run(user_input=WANTS_BILLING)
        called.expect.next_event().is_function_call(name="transfer_call", arguments={"target": "billing"})
