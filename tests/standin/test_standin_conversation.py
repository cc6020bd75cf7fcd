"""What the stand-in answers when all is well, seen through the real client."""

from __future__ import annotations

import io
import json
import wave
from typing import Any

import httpx
import numpy as np
import pytest
from groq import AsyncGroq

from local.speech import CALLER, GROQ_VOICES, silence, synthesize
from local.standin import LIKE_GROQ, StandIn

CHAT = "openai/gpt-oss-120b"
WHISPER = "whisper-large-v3-turbo"
ORPHEUS = "canopylabs/orpheus-v1-english"
TRANSFER = {
    "type": "function",
    "function": {
        "name": "transfer_call",
        "description": "hand the call over",
        "parameters": {
            "type": "object",
            "properties": {
                "target": {"type": "string", "enum": ["billing", "technical", "front-desk"]},
                "reason": {"type": "string"},
            },
            "required": ["target", "reason"],
            "additionalProperties": False,
        },
    },
}
END = {"type": "function", "function": {"name": "end_call", "parameters": {"type": "object", "properties": {}}}}
SUMMARY = {
    "type": "object",
    "properties": {
        **{name: {"type": "string"} for name in ("matter", "done", "wanted", "mood")},
        "facts": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"name": {"type": "string"}, "value": {"type": "string"}},
                "required": ["name", "value"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["matter", "done", "wanted", "mood", "facts"],
    "additionalProperties": False,
}
SCREENING = {
    "type": "object",
    "properties": {"accept": {"type": "boolean"}, "reason": {"type": "string"}},
    "required": ["accept", "reason"],
    "additionalProperties": False,
}


def asked(role: str, *said: str) -> list[dict[str, Any]]:
    return [
        {"role": "system", "content": f"House rules.\n\nYour role: {role}\n\nMore."},
        *({"role": "user", "content": text} for text in said),
    ]


def wav(samples: np.ndarray[Any, Any], rate: int = 24_000) -> bytes:
    written = io.BytesIO()
    with wave.open(written, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())
    return written.getvalue()


async def test_words_are_streamed_with_usage_and_request_id_in_the_last_chunk(groq: AsyncGroq) -> None:
    stream = await groq.chat.completions.create(
        model=CHAT, messages=asked("billing", "Yes, that is correct, can you refund it?"), stream=True, include_reasoning=False
    )
    chunks = [chunk async for chunk in stream]
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks).startswith("I have refunded it.")
    assert chunks[0].choices[0].delta.role == "assistant"
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert chunks[-1].x_groq is not None
    assert chunks[-1].x_groq.usage is not None
    assert chunks[0].x_groq is not None
    assert chunks[0].x_groq.id == chunks[-1].x_groq.id
    assert chunks[-1].x_groq.usage.total_tokens > 10
    assert not any(chunk.choices[0].delta.reasoning for chunk in chunks)


async def test_reasoning_comes_in_the_stream_unless_it_is_refused(groq: AsyncGroq) -> None:
    stream = await groq.chat.completions.create(model=CHAT, messages=asked("billing", "goodbye"), stream=True)
    assert any([chunk.choices[0].delta.reasoning async for chunk in stream])


async def test_a_tool_call_comes_whole_in_one_chunk(groq: AsyncGroq) -> None:
    stream = await groq.chat.completions.create(
        model=CHAT,
        messages=asked("front-desk", "I was charged twice for my last invoice."),
        tools=[TRANSFER, END],
        stream=True,
    )
    chunks = [chunk async for chunk in stream]
    (call,) = [call for chunk in chunks for call in chunk.choices[0].delta.tool_calls or []]
    assert call.index == 0
    assert call.id
    assert call.function is not None
    assert call.function.name == "transfer_call"
    assert json.loads(call.function.arguments or "") == {
        "target": "billing",
        "reason": "you were charged twice for your last invoice",
    }
    assert chunks[-1].choices[0].finish_reason == "tool_calls"


async def test_words_come_before_the_tool_call(groq: AsyncGroq) -> None:
    whole = await groq.chat.completions.create(
        model=CHAT, messages=asked("billing", "thank you goodbye"), tools=[END]
    )
    message = whole.choices[0].message
    assert message.content == "You are welcome. Goodbye."
    assert message.tool_calls is not None
    assert message.tool_calls[0].function.name == "end_call"
    assert message.tool_calls[0].function.arguments == "{}"


async def test_half_a_line_and_a_misheard_line_find_the_same_answer(groq: AsyncGroq) -> None:
    for said in ("I was charged twice", "I was charge twice for my last in voice"):
        whole = await groq.chat.completions.create(model=CHAT, messages=asked("front-desk", said), tools=[TRANSFER, END])
        calls = whole.choices[0].message.tool_calls
        assert calls is not None
        assert "billing" in calls[0].function.arguments


async def test_what_no_line_is_like_is_answered_with_otherwise(groq: AsyncGroq) -> None:
    whole = await groq.chat.completions.create(model=CHAT, messages=asked("front-desk", "purple elephants dance"))
    assert whole.choices[0].message.content == "I am sorry, could you tell me that in other words?"


async def test_a_tool_result_is_answered_with_what_follows_it(groq: AsyncGroq) -> None:
    function = {"name": "transfer_call", "arguments": "{}"}
    messages = [
        *asked("front-desk", "I was charged twice for my last invoice"),
        {"role": "assistant", "content": None, "tool_calls": [{"id": "a", "type": "function", "function": function}]},
        {"role": "tool", "tool_call_id": "a", "content": "billing cannot take it"},
    ]
    whole = await groq.chat.completions.create(model=CHAT, messages=messages, tools=[TRANSFER])
    assert whole.choices[0].message.content == "I could not do that just now. What else can I do for you?"


async def test_a_role_that_the_script_lacks_and_no_role_at_all_are_answered(groq: AsyncGroq) -> None:
    for messages in (asked("sales", "hello"), [{"role": "user", "content": "hello"}]):
        whole = await groq.chat.completions.create(model=CHAT, messages=messages, max_completion_tokens=3)
        assert whole.choices[0].message.content == "I am here."
        assert whole.choices[0].finish_reason == "length"


async def test_a_summary_fits_the_schema_that_was_sent(groq: AsyncGroq) -> None:
    whole = await groq.chat.completions.create(
        model="openai/gpt-oss-20b",
        messages=[{"role": "user", "content": "caller: I was charged twice for my last invoice"}],
        response_format=schema("summary", SUMMARY),
    )
    summary = json.loads(whole.choices[0].message.content or "")
    assert summary["matter"] == "you were charged twice for your last invoice"
    assert {"name": "charged", "value": "twice"} in summary["facts"]


async def test_screening_accepts_what_belongs_to_the_role_and_declines_the_rest(groq: AsyncGroq) -> None:
    async def screen(matter: str) -> dict[str, Any]:
        whole = await groq.chat.completions.create(
            model=CHAT, messages=asked("technical", matter), response_format=schema("screening", SCREENING)
        )
        answer: dict[str, Any] = json.loads(whole.choices[0].message.content or "")
        return answer

    assert await screen("your internet connection is down") == {"accept": True, "reason": ""}
    declined = await screen("you would like your contract explained")
    assert declined == {"accept": False, "reason": "this is a question for the front desk"}


def schema(name: str, content: dict[str, Any]) -> Any:
    return {"type": "json_schema", "json_schema": {"name": name, "strict": True, "schema": content}}


@pytest.mark.parametrize("voice", GROQ_VOICES)
async def test_each_voice_speaks_wav_at_24_khz_with_a_right_header(groq: AsyncGroq, voice: str) -> None:
    answer = await groq.audio.speech.create(
        model=ORPHEUS, voice=voice, input="[cheerful] You are welcome.", response_format="wav"
    )
    with wave.open(io.BytesIO(await answer.read())) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (24_000, 1, 2)
        samples = np.frombuffer(file.readframes(file.getnframes()), np.int16)
    assert 0.7 < len(samples) / 24_000 < 2
    assert 1_000 < np.sqrt(np.mean(samples.astype(float) ** 2)) < 4_000


async def test_a_line_is_heard_with_its_probabilities(groq: AsyncGroq) -> None:
    spoken = synthesize("I was charged twice for my last invoice", CALLER)
    heard: Any = await groq.audio.transcriptions.create(
        model=WHISPER, file=("a.wav", wav(spoken.samples)), response_format="verbose_json", language="en"
    )
    assert heard.text == " I was charged twice for my last invoice."
    assert heard.segments[0]["no_speech_prob"] < 0.1
    assert heard.segments[0]["avg_logprob"] > -0.5
    assert heard.duration == pytest.approx(spoken.duration_s, abs=0.02)


async def test_silence_and_noise_are_heard_as_thank_you_with_high_no_speech_prob(groq: AsyncGroq) -> None:
    noise = np.random.default_rng(1).normal(0, 1_500, 24_000).astype(np.int16)
    for samples in (silence(1.0).samples, noise):
        heard: Any = await groq.audio.transcriptions.create(
            model=WHISPER, file=("a.wav", wav(samples)), response_format="verbose_json"
        )
        assert heard.text == " Thank you."
        assert heard.segments[0]["no_speech_prob"] > 0.9


async def test_answers_carry_the_limits_and_the_request_id(server: StandIn, groq: AsyncGroq) -> None:
    answer = await groq.chat.completions.with_raw_response.create(model=CHAT, messages=asked("billing", "goodbye"))
    assert int(answer.headers["x-ratelimit-remaining-requests"]) < int(answer.headers["x-ratelimit-limit-requests"])
    assert answer.headers["x-request-id"].startswith("req_")


async def test_latencies_hold_and_can_be_changed_over_http(server: StandIn, groq: AsyncGroq) -> None:
    async with httpx.AsyncClient(base_url=server.url) as control:
        answer = await control.post("/control/latencies", json={"first_token_ms": 120, "per_token_ms": 10})
        assert answer.json()["first_token_ms"] == 120
        await groq.chat.completions.create(model=CHAT, messages=asked("billing", "goodbye"))
        took = server.control.requests("chat")[-1]
        assert took.first_byte_ms is not None
        assert took.first_byte_ms >= 120 + 4 * 10
        assert (await control.post("/control/latencies", json={"preset": "like-groq"})).json() == LIKE_GROQ.model_dump()
        refused = await control.post("/control/latencies", json={"first_token_ms": -1})
        assert refused.status_code == 400
        assert "first_token_ms" in refused.json()["error"]


async def test_the_journal_counts_without_words(server: StandIn, groq: AsyncGroq) -> None:
    await groq.chat.completions.create(model=CHAT, messages=asked("billing", "secret goodbye"), tools=[END], temperature=0.4)
    await groq.models.list()
    async with httpx.AsyncClient(base_url=server.url) as control:
        answer = await control.get("/control/requests")
    told = answer.json()
    assert told["endpoints"]["chat"]["requests"] == 1
    assert told["endpoints"]["chat"]["peak"] == 1
    assert told["endpoints"]["chat"]["under_way"] == 0
    assert told["endpoints"]["chat"]["last"]["details"]["tools"] == ["end_call"]
    assert told["endpoints"]["chat"]["last"]["details"]["role"] == "billing"
    assert told["endpoints"]["models"]["statuses"] == {"200": 1}
    assert "secret" not in answer.text
