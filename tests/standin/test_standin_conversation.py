"""What the stand-in answers in chat when nothing is wrong, seen through the real client."""

from __future__ import annotations

import json
from typing import Any

from groq import AsyncGroq

from tests.standin.asking import (
    CHAT,
    END,
    SCREENING,
    SMALL,
    SUMMARY,
    TRANSFER,
    ask,
    message,
    said,
    schema,
)


async def test_words_are_streamed_with_usage_and_request_id_in_the_last_chunk(groq: AsyncGroq) -> None:
    messages = said("billing", "Yes, that is correct, can you refund it?")
    stream = await ask(groq, messages=messages, stream=True, include_reasoning=False)
    chunks = [chunk async for chunk in stream]
    words = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert words.startswith("Let me look at that invoice.")
    assert chunks[0].choices[0].delta.role == "assistant"
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert chunks[-1].x_groq.usage.total_tokens > 10
    assert chunks[0].x_groq.id == chunks[-1].x_groq.id
    assert not any(chunk.choices[0].delta.reasoning for chunk in chunks)


async def test_reasoning_comes_in_the_stream_unless_it_is_refused(groq: AsyncGroq) -> None:
    stream = await ask(groq, stream=True)
    assert any([chunk.choices[0].delta.reasoning async for chunk in stream])


async def test_a_tool_call_comes_whole_in_one_chunk(groq: AsyncGroq) -> None:
    messages = said("front-desk", "I was charged twice for my last invoice.")
    stream = await ask(groq, messages=messages, tools=[TRANSFER, END], stream=True)
    chunks = [chunk async for chunk in stream]
    (call,) = [call for chunk in chunks for call in chunk.choices[0].delta.tool_calls or []]
    assert call.index == 0
    assert call.id
    assert call.function.name == "transfer_call"
    assert json.loads(call.function.arguments) == {
        "target": "billing",
        "reason": "you were charged twice for your last invoice",
    }
    assert chunks[-1].choices[0].finish_reason == "tool_calls"


async def test_words_come_before_the_tool_call(groq: AsyncGroq) -> None:
    answer = await message(groq, messages=said("billing", "thank you goodbye"), tools=[END])
    assert answer.content == "You are welcome. Goodbye."
    assert answer.tool_calls[0].function.name == "end_call"
    assert answer.tool_calls[0].function.arguments == "{}"


async def test_without_tools_only_words_are_said(groq: AsyncGroq) -> None:
    for fields in ({}, {"tools": [TRANSFER], "tool_choice": "none"}):
        answer = await message(groq, messages=said("front-desk", "can I speak to billing please"), **fields)
        assert answer.content
        assert answer.tool_calls is None


async def test_half_a_line_and_a_misheard_line_find_the_same_answer(groq: AsyncGroq) -> None:
    for line in ("I was charged twice", "I was charge twice for my last in voice"):
        answer = await message(groq, messages=said("front-desk", line), tools=[TRANSFER, END])
        assert "billing" in answer.tool_calls[0].function.arguments


async def test_a_target_asked_for_by_name_is_not_mistaken_for_a_line_about_another(groq: AsyncGroq) -> None:
    asked = ("put me through to the technical desk", "can I speak to technical please", "technical?")
    for line in asked:
        answer = await message(groq, messages=said("front-desk", line), tools=[TRANSFER, END])
        arguments = json.loads(answer.tool_calls[0].function.arguments)
        assert arguments == {"target": "technical", "reason": "you would like to speak with the technical"}


async def test_two_words_of_eight_are_no_line(groq: AsyncGroq) -> None:
    answer = await message(groq, messages=said("front-desk", "I was"), tools=[TRANSFER, END])
    assert answer.tool_calls is None


async def test_a_line_that_came_in_two_messages_is_one_line(groq: AsyncGroq) -> None:
    answer = await message(groq, messages=said("billing", "yes that is correct", "can you refund it"))
    assert answer.content.startswith("Let me look at that invoice.")


async def test_what_no_line_is_like_is_answered_with_what_the_role_can_do(groq: AsyncGroq) -> None:
    answer = await message(groq, messages=said("front-desk", "purple elephants dance"), tools=[TRANSFER])
    assert "did not understand" in answer.content
    assert "the billing, the technical or the front desk" in answer.content


async def test_a_tool_result_is_answered_with_what_follows_it(groq: AsyncGroq) -> None:
    call = {"id": "a", "type": "function", "function": {"name": "transfer_call", "arguments": "{}"}}
    messages = [
        *said("front-desk", "I was charged twice for my last invoice"),
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "a", "content": "billing cannot take it"},
    ]
    answer = await message(groq, messages=messages, tools=[TRANSFER])
    assert answer.content == "I could not do that just now. What else can I do for you?"


async def test_an_opening_is_said_where_nobody_has_said_anything_new(groq: AsyncGroq) -> None:
    answer = await message(groq, messages=said("technical"))
    assert answer.content.startswith("This is the technical desk.")


async def test_a_role_that_the_script_lacks_and_no_role_at_all_are_answered(groq: AsyncGroq) -> None:
    named = ((said("sales", "hello"), "the sales."), ([{"role": "user", "content": "hello"}], "the stand-in"))
    for messages, name in named:
        # Seven are for the reasoning, which Groq counts too.
        choice = (await ask(groq, messages=messages, max_completion_tokens=11)).choices[0]
        assert choice.message.content == f"This is {name}"
        assert choice.finish_reason == "length"


async def test_a_summary_fits_the_schema_that_was_sent(groq: AsyncGroq) -> None:
    messages = [{"role": "user", "content": "caller: I was charged twice for my last invoice"}]
    form = schema("summary", SUMMARY)
    answer = await message(groq, model=SMALL, messages=messages, response_format=form)
    summary = json.loads(answer.content)
    assert summary["matter"] == "you were charged twice for your last invoice"
    assert {"name": "charged", "value": "twice"} in summary["facts"]


async def test_screening_accepts_what_belongs_to_the_role_and_declines_the_rest(groq: AsyncGroq) -> None:
    async def screen(matter: str) -> Any:
        form = schema("screening", SCREENING)
        return json.loads(
            (await message(groq, messages=said("technical", matter), response_format=form)).content
        )

    assert await screen("your internet connection is down") == {"accept": True, "reason": ""}
    declined = await screen("you would like your contract explained")
    assert declined == {"accept": False, "reason": "this is a question for the front desk"}


async def test_answers_carry_the_limits_and_the_request_id(groq: AsyncGroq) -> None:
    answer = await groq.chat.completions.with_raw_response.create(
        model=CHAT, messages=[{"role": "user", "content": "hello"}]
    )
    assert answer.headers["x-ratelimit-limit-requests"] == "500000"
    assert answer.headers["x-ratelimit-limit-tokens"] == "250000"
    assert answer.headers["x-request-id"].startswith("req_")
