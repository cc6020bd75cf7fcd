"""The model's tool for taking a message: read back first, stored once, never promised without a row."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from livekit.agents.llm import ChatContext, ToolError

from agents.call.active_call import ActiveCall
from agents.call.optional_tools import messages_of
from agents.redaction.kinds import KINDS
from agents.redaction.redactor import Redactor
from agents.roster.desk import MESSAGE, Desk, QueueRules
from agents.roster.model_words import ToolWords
from errors import StoreError
from persistence.messages import Message
from persistence.people import Person
from persistence.records import Call, CallId, JobId, RoleName, WorkerId
from tests.support.fakes import START
from tests.support.memory_store import MemoryStore

CALL = CallId("call-1")
WORDS = ToolWords(
    transfer_call="t",
    reason="r",
    end_call="e",
    read_back="read back, then {tool}",
    reach_not_kept="without the number",
    message_kept="kept",
    already="already",
    failed="not kept",
)
SAID = {
    "target": "care",
    "message": "My router is dead, I need a visit.",
    "for_whom": "Anna",
    "reach": "030 901820 after five",
}


class Front:
    """The front desk in a call. `says` adds words of the caller; `takes` returns the tool's answer."""

    def __init__(self, *, otherwise: str | None = MESSAGE, redactor: Redactor | None = None) -> None:
        desk = Desk((Person("Anna"),), (), 20.0, None, otherwise, QueueRules.model_validate({}), False, ())
        care = SimpleNamespace(desk=desk, name="the care team")
        self.store = MemoryStore()
        roster = SimpleNamespace(
            roles={"care": care}, role=lambda _: care, house=SimpleNamespace(tools=WORDS)
        )
        process = SimpleNamespace(roster=roster, clock=SimpleNamespace(now_ms=lambda: START))
        role = SimpleNamespace(id=RoleName("front-desk"), transfers_to=("care",), desk=None)
        self.call: Any = SimpleNamespace(
            process=process,
            store=self.store,
            role=role,
            row=SimpleNamespace(id=CALL),
            ctx=SimpleNamespace(job=SimpleNamespace(id="job")),
            redactor=redactor or Redactor(()),
        )
        self.tools = messages_of(cast(ActiveCall, self.call))
        self.said = ChatContext.empty()
        self.says("Can I leave a message?")

    async def opened(self) -> Front:
        row = Call(CALL, "room", "caller", RoleName("front-desk"), JobId("job"), WorkerId("w"), START)
        await self.store.open_call(row)
        return self

    def says(self, words: str) -> None:
        self.said.add_message(role="user", content=words)

    async def takes(self, **changed: str) -> str:
        (tool,) = self.tools
        agent = SimpleNamespace(chat_ctx=self.said)
        context: Any = SimpleNamespace(session=SimpleNamespace(current_agent=agent))
        told: str = await cast(Any, tool)({**SAID, **changed}, context)
        return told

    async def kept(self) -> list[Message]:
        return list(await self.store.messages(call_id=CALL))


async def test_it_is_read_back_first_and_kept_after_the_callers_yes() -> None:
    front = await Front().opened()
    assert await front.takes() == "read back, then take_message"
    assert await front.takes() == "read back, then take_message", "the caller has not answered"
    assert await front.kept() == []
    front.says("Yes, that's right.")
    assert await front.takes(reach="030 901820, after five.") == "kept", "it sounds the same"
    (message,) = await front.kept()
    assert (message.role, message.from_role, message.for_whom) == ("care", "front-desk", "Anna")
    assert (message.words, message.left_at) == (SAID["message"], START)


async def test_a_caller_who_corrects_it_hears_it_again() -> None:
    front = await Front().opened()
    await front.takes()
    front.says("No, the number ends in two one.")
    assert await front.takes(reach="030 901821") == "read back, then take_message"
    front.says("Yes.")
    assert await front.takes(reach="030 901821") == "kept"
    assert [message.reach for message in await front.kept()] == ["030 901821"]


async def test_the_same_message_is_kept_once() -> None:
    front = await Front().opened()
    await front.takes()
    front.says("Yes.")
    await front.takes()
    front.says("Yes.")
    assert await front.takes() == "already"
    assert len(await front.kept()) == 1


async def test_without_its_row_nothing_is_promised_and_the_next_try_may_keep_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    front = await Front().opened()

    async def away(*_: object, **__: object) -> None:
        raise StoreError("away")

    await front.takes()
    front.says("Yes.")
    with monkeypatch.context() as patched:
        patched.setattr(front.store, "leave_message", away)
        assert await front.takes() == "not kept"
    await front.takes()
    front.says("Yes, try again.")
    assert await front.takes() == "kept"
    assert len(await front.kept()) == 1


async def test_a_caller_leaves_five_messages_at_most() -> None:
    front = await Front().opened()
    told = []
    for number in range(6):
        await front.takes(message=f"Message {number}")
        front.says("Yes.")
        told.append(await front.takes(message=f"Message {number}"))
    assert told == [*["kept"] * 5, "not kept"]


async def test_what_the_role_redacts_is_in_no_row_and_the_caller_is_told() -> None:
    front = await Front(redactor=Redactor(KINDS)).opened()
    message = "Please call me on 030 901820 111."
    assert await front.takes(message=message) == "read back, then take_message without the number"
    front.says("Yes.")
    await front.takes(message=message)
    (kept,) = await front.kept()
    assert "901820" not in repr(kept)
    assert "telephone number" in kept.reach


async def test_no_other_desk_no_empty_message_and_none_without_end() -> None:
    front = await Front().opened()
    for wrong in ({"target": "billing"}, {"message": " … "}, {"message": "a" * 2_001}, {"reach": "a" * 201}):
        with pytest.raises(ToolError):
            await front.takes(**wrong)
    assert await front.kept() == []


def test_a_desk_that_takes_no_messages_has_no_such_tool() -> None:
    assert Front(otherwise=None).tools == ()
