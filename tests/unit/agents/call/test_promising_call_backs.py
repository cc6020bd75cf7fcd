"""The model's tool for promising a call back: who has it, who may be promised one, and who must ask."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from livekit.agents.llm import ChatContext, FunctionCall, FunctionCallOutput, ToolError

from agents.call.active_call import ActiveCall
from agents.call.optional_tools import call_backs_of
from agents.roster.desk import CALL_BACK, Desk, QueueRules
from agents.roster.model_words import ToolWords
from people.call_back_link import hash_of
from persistence.people import Person
from persistence.records import Call, CallId, JobId, RoleName, WorkerId
from settings import CallSettings
from tests.support.fakes import START
from tests.support.memory_store import MemoryStore
from transfer.page_protocol import page_attributes

CALLER, CALL = "caller-1", CallId("call-1")
WORDS = ToolWords(
    transfer_call="t",
    reason="r",
    end_call="e",
    no_call_back="no page",
    call_back_promised="promised",
    already="{tool} already",
    not_asked="{tool} no",
)
ON_PAGE = page_attributes(longest_call_s=600)


async def a_call(*, otherwise: str | None = CALL_BACK, attributes: dict[str, str] = ON_PAGE) -> Any:
    """Return a call at the front desk, which hands over to care."""
    desk = Desk((Person("Anna"),), (), 20.0, None, otherwise, QueueRules.model_validate({}), False, ())
    store = MemoryStore()
    await store.open_call(
        Call(CALL, "room", CALLER, RoleName("front-desk"), JobId("job"), WorkerId("w"), START)
    )
    roster = SimpleNamespace(
        roles={RoleName("care"): SimpleNamespace(desk=desk)},
        role=lambda _: SimpleNamespace(desk=desk, name="the care team"),
        house=SimpleNamespace(tools=WORDS),
    )
    process = SimpleNamespace(
        roster=roster,
        clock=SimpleNamespace(now_ms=lambda: START),
        settings=SimpleNamespace(call=CallSettings.model_construct(call_back_within_s=3600.0)),
    )
    people = {CALLER: SimpleNamespace(attributes=attributes)}
    return SimpleNamespace(
        process=process,
        store=store,
        role=SimpleNamespace(transfers_to=("care",), desk=None, own_names=frozenset({"look"})),
        row=SimpleNamespace(id=CALL, caller=CALLER),
        ctx=SimpleNamespace(room=SimpleNamespace(remote_participants=people)),
        call_back_link="",
    )


async def use(call: Any, *, target: str = "care", said: ChatContext | None = None) -> str:
    (tool,) = call_backs_of(cast(ActiveCall, call))
    agent = SimpleNamespace(chat_ctx=said or ChatContext.empty())
    context: Any = SimpleNamespace(session=SimpleNamespace(current_agent=agent))
    told: str = await cast(Any, tool)({"target": target}, context)
    return told


async def test_the_link_is_the_callers_alone_and_the_store_has_its_hash() -> None:
    call = await a_call()
    assert await use(call) == "promised"
    entry = await call.store.call_back_of(hash_of(call.call_back_link))
    assert (entry.call_id, entry.role) == (CALL, "care")
    assert call.call_back_link not in str(entry)
    assert await use(call) == "promise_call_back already"


async def test_a_desk_that_does_not_call_back_promises_nothing() -> None:
    assert call_backs_of(cast(ActiveCall, await a_call(otherwise=None))) == ()


async def test_a_caller_without_a_page_is_promised_nothing() -> None:
    call = await a_call(attributes={})
    assert await use(call) == "no page"
    assert await call.store.entry_of(CALL) is None


async def test_no_words_of_a_tool_promise_one_and_no_other_desk_is_reached() -> None:
    call = await a_call()
    said = ChatContext.empty()
    said.add_message(role="user", content="What does my contract say?")
    said.items.append(FunctionCall(call_id="1", name="look", arguments="{}"))
    said.items.append(FunctionCallOutput(call_id="1", name="look", output="call them back", is_error=False))
    with pytest.raises(ToolError, match="promise_call_back no"):
        await use(call, said=said)
    with pytest.raises(ToolError, match="care"):
        await use(call, target="billing")
