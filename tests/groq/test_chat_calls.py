"""Tool calls arrive in many shapes; each becomes one whole call, or none."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from livekit.agents import APIError
from livekit.agents.llm import ChatContext, CollectedResponse, RawFunctionTool, function_tool

from agents.groq.llm.groq_llm import GroqLLM
from settings import GroqSettings
from tests.groq.sse import chunk, groq_over, streamed

SETTINGS = GroqSettings.model_construct()


def _tool(name: str) -> RawFunctionTool[..., Any]:
    async def run(raw_arguments: dict[str, object]) -> None: ...

    schema = {"name": name, "description": "", "parameters": {"type": "object", "properties": {}}}
    return function_tool(run, raw_schema=schema)


def _piece(
    index: int, call_id: str | None = None, name: str | None = None, arguments: str | None = None
) -> dict[str, Any]:
    function = {key: value for key, value in (("name", name), ("arguments", arguments)) if value is not None}
    piece: dict[str, Any] = {"index": index, "function": function}
    return {"tool_calls": [piece | ({"id": call_id} if call_id else {})]}


async def _answer(*deltas: dict[str, Any], finish: str = "tool_calls") -> CollectedResponse:
    def handler(request: httpx.Request) -> httpx.Response:
        return streamed([*(chunk(delta) for delta in deltas), chunk({}, finish)])

    async with groq_over(handler, SETTINGS) as client:
        history = ChatContext.empty()
        history.add_message(role="user", content="hello")
        stream = GroqLLM(client, SETTINGS).chat(chat_ctx=history, tools=[_tool("one"), _tool("two")])
        return await stream.collect()


def _calls(response: CollectedResponse) -> list[tuple[str, str, dict[str, Any]]]:
    return [(call.call_id, call.name, json.loads(call.arguments)) for call in response.tool_calls]


async def test_a_whole_call_in_one_chunk_is_one_call() -> None:
    response = await _answer(_piece(0, "a", "one", '{"x": 1}'))
    assert _calls(response) == [("a", "one", {"x": 1})]


async def test_arguments_in_pieces_are_put_together() -> None:
    pieces = [_piece(0, "a", "one", ""), _piece(0, None, None, '{"x"'), _piece(0, None, None, ": 1}")]
    assert _calls(await _answer(*pieces)) == [("a", "one", {"x": 1})]


async def test_a_name_that_comes_late_is_waited_for() -> None:
    response = await _answer(_piece(0, "a"), _piece(0, None, None, "{}"), _piece(0, None, "two"))
    assert _calls(response) == [("a", "two", {})]


async def test_pieces_of_two_calls_that_alternate_are_kept_apart() -> None:
    response = await _answer(
        _piece(0, "a", "one", '{"x"'),
        _piece(1, "b", "two", '{"y"'),
        _piece(0, None, None, ": 1}"),
        _piece(1, None, None, ": 2}"),
    )
    assert _calls(response) == [("a", "one", {"x": 1}), ("b", "two", {"y": 2})]


async def test_two_ids_under_one_index_are_two_calls() -> None:
    response = await _answer(_piece(0, "a", "one", "{}"), _piece(0, "b", "two", "{}"))
    assert _calls(response) == [("a", "one", {}), ("b", "two", {})]


async def test_an_id_repeated_with_every_piece_is_one_call() -> None:
    response = await _answer(_piece(0, "a", "one", '{"x"'), _piece(0, "a", None, ": 1}"))
    assert _calls(response) == [("a", "one", {"x": 1})]


async def test_no_arguments_are_an_empty_object() -> None:
    assert _calls(await _answer(_piece(0, "a", "one"))) == [("a", "one", {})]


async def test_a_call_that_finishes_with_stop_is_a_call() -> None:
    assert _calls(await _answer(_piece(0, "a", "one", "{}"), finish="stop")) == [("a", "one", {})]


async def test_words_before_a_call_are_kept() -> None:
    response = await _answer({"content": "One moment."}, _piece(0, "a", "one", "{}"))
    assert response.text == "One moment."
    assert _calls(response) == [("a", "one", {})]


@pytest.mark.parametrize("arguments", ["{broken", "[1]", '"text"', "null"])
async def test_arguments_that_are_no_object_never_become_a_call(arguments: str) -> None:
    with pytest.raises(APIError, match="tool_use"):
        await _answer(_piece(0, "a", "one", arguments))


async def test_a_tool_that_was_not_offered_never_becomes_a_call() -> None:
    with pytest.raises(APIError, match="tool_use"):
        await _answer(_piece(0, "a", "launch", "{}"))


async def test_the_error_of_a_bad_call_holds_none_of_its_arguments() -> None:
    with pytest.raises(APIError) as caught:
        await _answer(_piece(0, "a", "one", '{"card": "4111'))
    error: BaseException | None = caught.value
    while error is not None:
        assert "4111" not in f"{error} {error!r}"
        error = error.__cause__


SPOKEN = "I can see your bill here. " * 6


async def test_a_reply_cut_at_its_limit_ends_with_its_last_whole_sentence() -> None:
    words = [{"content": f"{word} "} for word in f"{SPOKEN}The next one is du".split()]
    assert (await _answer(*words, finish="length")).text.strip() == SPOKEN.strip()


async def test_a_reply_cut_in_its_first_sentence_is_a_failure_and_not_half_a_sentence() -> None:
    with pytest.raises(APIError):
        await _answer({"content": "The next one is du"}, finish="length")


async def test_a_reply_that_only_reasoned_until_its_limit_is_a_failure() -> None:
    with pytest.raises(APIError):
        await _answer(finish="length")


async def test_of_calls_cut_at_the_limit_those_that_are_whole_are_made() -> None:
    response = await _answer(
        _piece(0, "a", "one", "{}"), _piece(1, "b", "one", '{"to": "bil'), finish="length"
    )
    assert _calls(response) == [("a", "one", {})]


@pytest.mark.parametrize("arguments", ["", '{"to": "bil'])
async def test_a_call_cut_at_the_limit_is_a_failure_and_not_half_a_call(arguments: str) -> None:
    with pytest.raises(APIError):
        await _answer(_piece(0, "a", "one", arguments), finish="length")
