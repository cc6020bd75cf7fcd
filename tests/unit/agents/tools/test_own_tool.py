"""What a model passes to a tool, and what it gets back, however odd either is."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from pydantic import SecretStr

from agents.redaction.redactor import Redactor
from agents.tools.fact import fact_of
from agents.tools.outcome import outcome_of
from agents.tools.own_tool import LONGEST_ANSWER, OwnTool, Policy, Use
from agents.tools.row import new_use
from agents.tools.trying import typed_arguments
from persistence.records import CallId, JobId, RoleName, ToolUse, ToolUseState
from persistence.words import word_of

SCHEMA = {
    "type": "object",
    "properties": {
        "number": {"type": "integer"},
        "note": {"type": "string"},
        "day": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
        "card": {"$ref": "#/$defs/card"},
        "anything": True,
    },
    "required": ["number"],
    "$defs": {"card": {"type": "object", "properties": {"digits": {"type": "array"}}}},
}
LOOP = {"type": "object", "properties": {"number": {"$ref": "#/properties/number"}}}


async def nothing(_: dict[str, Any], __: Use) -> object:
    """Does nothing."""


def tool(*secret: str, schema: dict[str, Any] = SCHEMA) -> OwnTool:
    policy = Policy(5.0, once=True, secret=frozenset(secret))
    return OwnTool("look_up", "Looks it up.", schema, policy, "python", "x.md:1", nothing)


def row(arguments: dict[str, Any]) -> ToolUse:
    asked = tool()
    return new_use(
        asked,
        asked.given(arguments),
        call=CallId("c"),
        role=RoleName("r"),
        job=JobId("j"),
        at=0,
        redactor=Redactor(()),
        key=SecretStr("key"),
    )


async def told(answer: object, *secret: str, **arguments: Any) -> str:
    done: asyncio.Future[object] = asyncio.get_running_loop().create_future()
    done.set_result(answer)
    return outcome_of(done, tool(*secret), arguments).answer


def test_null_for_what_was_left_out_is_left_out() -> None:
    assert tool().given({"number": 1, "note": None, "day": None}) == {"number": 1, "day": None}
    assert tool().misfit(tool().given({"number": None})) == 'number: type should be "integer"'


def test_the_same_said_otherwise_has_the_same_idempotency_key() -> None:
    first = row({"number": 1, "note": "x"})
    for again in ({"note": "x", "number": 1.0}, {"number": 1, "note": "x", "card": None}):
        assert row(again).idempotency_key == first.idempotency_key
    assert row({"number": 1, "note": "y"}).idempotency_key != first.idempotency_key


def test_half_a_letter_in_an_argument_can_be_kept() -> None:
    use = row({"number": 1, "note": "\ud83d"})
    assert use.arguments == '{"note": "?", "number": 1}'
    assert fact_of(use, use.state, "").keys() == {"look_up (note ?, number 1)"}


def test_a_use_that_ended_in_a_way_of_a_newer_version_is_not_to_be_done_again() -> None:
    use = replace(row({"number": 1}), once=True)
    (fact,) = fact_of(use, word_of(ToolUseState, "undone"), "").values()
    assert "not to be done again" in fact.value


def test_arguments_without_a_bottom_end_in_words() -> None:
    assert tool(schema=LOOP).misfit({"number": 1}) == "the arguments are nested too deeply"


class Unreadable:
    """Cannot be turned into text."""

    def __str__(self) -> str:
        raise RuntimeError("no words")


def nested(depth: int) -> list[Any]:
    answer: list[Any] = []
    for _ in range(depth):
        answer = [answer]
    return answer


@pytest.mark.parametrize("answer", [Unreadable(), {"a": Unreadable()}, nested(100_000)])
async def test_an_answer_that_cannot_be_written_down_is_told_as_such(answer: object) -> None:
    assert (await told(answer)).startswith("It answered in a form that cannot be read")


async def test_half_a_letter_in_an_answer_can_be_kept() -> None:
    assert await told("sent \ud83d") == "sent ?"
    assert await told({"state": "\ud83d"}) == '{"state": "?"}'


async def test_a_secret_is_masked_in_each_form_and_part() -> None:
    card = {"digits": [4111, 22], "holder": 'Ann "X" Lee'}
    answer = {"digits": "4111 22", "holder": card["holder"], "link": "/cards?holder=Ann%20%22X%22%20Lee"}
    assert await told(answer, "card", card=card) == (
        '{"digits": "••• 22", "holder": "•••", "link": "/cards?holder=•••"}'
    )


async def test_no_part_of_a_secret_is_left_where_an_answer_is_cut() -> None:
    answer = "x" * (LONGEST_ANSWER - 4) + "41112222"
    assert "4111" not in await told(answer, "note", note="41112222")


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("number=4711", {"number": 4711}),
        ("note=4711", {"number": 1, "note": "4711"}),
        ("day=4711", {"number": 1, "day": "4711"}),
        ("day=null", {"number": 1, "day": None}),
        ('card={"digits": [1]}', {"number": 1, "card": {"digits": [1]}}),
        ("anything=true", {"number": 1, "anything": True}),
    ],
)
def test_arguments_are_typed_as_their_schema_says(typed: str, value: dict[str, Any]) -> None:
    more = [] if typed.startswith("number") else ["number=1"]
    assert typed_arguments(tool(), [*more, typed]) == value
