"""The stand-in refuses what Groq refuses: each rule through the real client."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from groq import (
    APIStatusError,
    AsyncGroq,
    AuthenticationError,
    BadRequestError,
    NotFoundError,
)

from local.groq_standin import Script, StandIn, standin
from local.speech import silence
from tests.standin.asking import (
    CHAT,
    END,
    ORPHEUS,
    SUMMARY,
    TEXT,
    TRANSFER,
    WHISPER,
    ask,
    hear,
    said,
    schema,
    speak,
    thing,
    tool,
)

OPEN = {"type": "object", "properties": {"matter": TEXT}, "required": ["matter"]}
OPTIONAL = {**thing({"matter": TEXT, "mood": TEXT}), "required": ["matter"]}
NESTED = thing({"facts": {"type": "array", "items": {"type": "object", "properties": {"name": TEXT}}}})
COUNTED = thing({"facts": {"type": "array", "items": TEXT, "minItems": 1}})


def replayed(**fields: Any) -> list[dict[str, Any]]:
    return [*said("billing", "hello"), {"role": "assistant", "content": "Hello.", **fields}]


@pytest.mark.parametrize(
    "model", ["llama-3.3-70b-versatile", "llama-3.1-8b-instant", "llama3-8b-8192", "gpt-oss-120b"]
)
async def test_unknown_and_shut_down_models_are_not_found(groq: AsyncGroq, model: str) -> None:
    with pytest.raises(NotFoundError) as caught:
        await ask(groq, model=model)
    assert code(caught.value) == "model_not_found"


async def test_audio_models_are_checked_as_well(groq: AsyncGroq) -> None:
    with pytest.raises(NotFoundError):
        await hear(groq, silence(1).samples, model="distil-whisper-large-v3-en")
    with pytest.raises(NotFoundError):
        await speak(groq, model="playai-tts")


async def test_a_model_of_another_kind_is_refused(groq: AsyncGroq) -> None:
    with pytest.raises(BadRequestError, match="does not support chat completions"):
        await ask(groq, model=WHISPER)


async def test_a_wrong_key_is_refused_everywhere(server: StandIn) -> None:
    async with AsyncGroq(api_key="gsk_wrong", base_url=server.url, max_retries=0) as groq:
        for asking in (ask(groq), groq.models.list(), speak(groq), hear(groq, silence(1).samples)):
            with pytest.raises(AuthenticationError) as caught:
                await asking
            assert code(caught.value) == "invalid_api_key"


async def test_a_base_url_that_repeats_the_prefix_is_an_unknown_url(server: StandIn) -> None:
    url = f"{server.url}/openai/v1"
    async with AsyncGroq(api_key=server.key, base_url=url, max_retries=0) as groq:
        with pytest.raises(NotFoundError) as caught:
            await groq.models.list()
    assert code(caught.value) == "unknown_url"


def code(error: APIStatusError) -> object:
    body = error.body
    assert isinstance(body, dict)
    return body["error"].get("code")


WRONG_CHAT: list[tuple[dict[str, Any], str]] = [
    ({"reasoning_effort": "none"}, "reasoning_effort"),
    ({"reasoning_format": "hidden"}, "reasoning_format"),
    ({"include_reasoning": True, "reasoning_format": "hidden"}, "cannot be used together"),
    ({"messages": replayed(reasoning_content="because")}, "property 'reasoning_content' is unsupported"),
    ({"messages": []}, "messages"),
    ({"messages": [{"role": "robot", "content": "hi"}]}, "messages"),
    ({"messages": [{"role": "assistant", "content": None}]}, "'content' or 'tool_calls'"),
    ({"messages": [{"role": "tool", "content": "done"}]}, "property 'tool_call_id' is missing"),
    ({"extra_body": {"repetition_penalty": 2}}, "property 'repetition_penalty' is unsupported"),
    ({"n": 2}, "at most 1"),
    ({"max_completion_tokens": 65_537}, "less than or equal to `65536`"),
    ({"max_completion_tokens": 0}, "max_completion_tokens"),
    ({"temperature": 2.5}, "temperature"),
    ({"logprobs": True}, "property 'logprobs' is unsupported"),
    ({"tools": [END, END]}, "unique"),
    ({"tools": [tool("no spaces", thing({}))]}, "tools.0.function.name"),
    ({"tools": [tool("end_call", {"type": "nonsense"})]}, "must be `object`"),
    ({"tools": [tool("end_call", thing({"a": {"type": "nonsense"}}))]}, "invalid JSON schema"),
    ({"tool_choice": {"type": "function", "function": {"name": "x"}}, "tools": [END]}, "does not exist"),
    ({"tool_choice": "required"}, "needs `tools`"),
    ({"response_format": schema("summary", SUMMARY), "tools": [END]}, "cannot be combined with tool"),
    ({"response_format": schema("summary", SUMMARY), "stream": True}, "does not support streaming"),
    ({"response_format": schema("summary", OPEN)}, "additionalProperties:false"),
    ({"response_format": schema("summary", OPTIONAL)}, "every key in properties"),
    ({"response_format": schema("summary", NESTED)}, "/properties/facts/items"),
    ({"response_format": schema("summary", COUNTED)}, "minItems is not supported"),
    ({"response_format": {"type": "json_object"}}, "must contain the word 'json'"),
    ({"response_format": {"type": "json_schema"}}, "json_schema"),
]


async def test_a_chat_request_with_a_fault_is_refused(groq: AsyncGroq, subtests: pytest.Subtests) -> None:
    for fields, words in WRONG_CHAT:
        with subtests.test(words):
            with pytest.raises(BadRequestError) as caught:
                await ask(groq, **fields)
            assert words in str(caught.value)


async def test_a_body_that_is_no_json_is_refused(server: StandIn) -> None:
    headers = {"Authorization": f"Bearer {server.key}"}
    async with httpx.AsyncClient(base_url=f"{server.url}/openai/v1", headers=headers) as client:
        for path in ("chat/completions", "audio/speech"):
            for content in (b"{", b'"text"', b"[]"):
                assert (await client.post(path, content=content)).status_code == 400


async def test_a_replayed_tool_call_and_reasoning_are_taken(groq: AsyncGroq) -> None:
    call = {"id": "a", "type": "function", "function": {"name": "end_call", "arguments": "{}"}}
    result = {"role": "tool", "tool_call_id": "a", "content": "done"}
    messages = [
        *replayed(reasoning="because", tool_calls=[call]),
        result,
        {"role": "user", "content": "hello"},
    ]
    assert (await ask(groq, messages=messages, reasoning_effort="low", temperature=1)).choices


async def test_a_tool_of_the_script_that_was_not_offered_fails_as_tool_use(groq: AsyncGroq) -> None:
    messages = said("front-desk", "I was charged twice for my last invoice")
    narrow = tool("transfer_call", thing({"target": {"enum": ["technical"]}, "reason": TEXT}))
    for offered in (END, narrow):
        with pytest.raises(BadRequestError) as caught:
            await ask(groq, messages=messages, tools=[offered])
        assert code(caught.value) == "tool_use_failed"
        assert "transfer_call" in str(caught.value)
    with pytest.raises(BadRequestError, match="did not call a tool"):
        await ask(groq, messages=said("front-desk", "hello"), tools=[TRANSFER], tool_choice="required")


async def test_a_summary_that_does_not_fit_its_schema_fails(groq: AsyncGroq) -> None:
    messages = [{"role": "user", "content": "charged twice"}]
    for form in (schema("summary", thing({"topic": TEXT})), schema("verdict", thing({"topic": TEXT}))):
        with pytest.raises(BadRequestError) as caught:
            await ask(groq, messages=messages, response_format=form)
        assert code(caught.value) == "json_validate_failed"


WRONG_SPEECH: list[tuple[dict[str, Any], str]] = [
    ({"input": "x" * 201}, "200 characters or fewer"),
    ({"input": "  "}, "must not be empty"),
    ({"voice": "alloy"}, "autumn diana hannah austin daniel troy"),
    ({"response_format": "mp3"}, "one of [wav]"),
    ({"sample_rate": 12_345}, "sample_rate"),
    ({"speed": 9.0}, "speed"),
    ({"extra_body": {"style": "calm"}}, "style"),
]


async def test_a_speech_request_with_a_fault_is_refused(groq: AsyncGroq, subtests: pytest.Subtests) -> None:
    for fields, words in WRONG_SPEECH:
        with subtests.test(words):
            with pytest.raises(BadRequestError) as caught:
                await speak(groq, **fields)
            assert words in str(caught.value)


async def test_200_characters_are_spoken(groq: AsyncGroq) -> None:
    assert len(await speak(groq, input="hello " * 33 + "ok")) > 44


async def test_audio_that_is_too_short_is_refused_as_such(groq: AsyncGroq) -> None:
    with pytest.raises(BadRequestError) as caught:
        await hear(groq, silence(0.005).samples)
    assert code(caught.value) == "audio_too_short"


WRONG_TRANSCRIPTION: list[tuple[dict[str, Any], str]] = [
    ({"response_format": "srt"}, "response_format"),
    ({"language": "English"}, "language"),
    ({"temperature": 3}, "temperature"),
    ({"prompt": "p" * 897}, "896 characters or fewer"),
    ({"extra_body": {"beam": 5}}, "beam"),
    ({"timestamp_granularities": ["word"], "response_format": "json"}, "verbose_json"),
]


async def test_a_transcription_request_with_a_fault_is_refused(
    groq: AsyncGroq, subtests: pytest.Subtests
) -> None:
    for fields, words in WRONG_TRANSCRIPTION:
        with subtests.test(words):
            with pytest.raises(BadRequestError) as caught:
                await hear(groq, silence(1).samples, **fields)
            assert words in str(caught.value)


async def test_a_file_that_is_no_audio_is_refused(groq: AsyncGroq) -> None:
    with pytest.raises(BadRequestError, match="valid media file"):
        await groq.audio.transcriptions.create(model=WHISPER, file=("a.wav", b"RIFFnonsense"))
    with pytest.raises(BadRequestError, match="must be provided"):
        await groq.audio.transcriptions.create(model=WHISPER)


async def test_more_than_25_megabytes_are_refused(groq: AsyncGroq) -> None:
    with pytest.raises(APIStatusError) as caught:
        await groq.audio.transcriptions.create(model=WHISPER, file=("a.wav", bytes(26 * 1024**2)))
    assert caught.value.status_code == 413


async def test_the_models_are_listed(groq: AsyncGroq) -> None:
    listed = [model.id for model in (await groq.models.list()).data]
    assert {CHAT, WHISPER, ORPHEUS} <= set(listed)


async def test_a_script_without_lines_hears_nothing_and_still_serves() -> None:
    empty = Script.model_validate({"roles": {"desk": {"exchanges": [], "otherwise": "Pardon?"}}})
    async with standin(empty) as server, AsyncGroq(api_key=server.key, base_url=server.url) as groq:
        assert (await hear(groq, silence(1).samples)).text == " Thank you."
        answer = await ask(groq, messages=said("desk", "hello"))
    assert answer.choices[0].message.content == "Pardon?"
