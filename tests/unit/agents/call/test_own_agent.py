"""A role's own class as its agent: Baton's part stays in place, and the class's methods run."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest
from livekit.agents import Agent, RunContext, StopResponse, function_tool
from livekit.agents.beta import EndCallTool
from livekit.agents.llm import ChatContext, ChatMessage

from agents.call.own_agent import _OwnPersona, make_agent
from agents.call.persona import _streamed
from agents.roster.role import Role
from agents.roster.roster import load_roster
from agents.tools.agent_class import _tools_of
from agents.tools.own_agent import OwnAgent
from agents.tools.own_tool import Policy
from agents.tools.trying import tried
from tests.unit.agents.roster.spoilt import ROSTER as FOLDER
from tests.unit.agents.roster.spoilt import VOICES

ROSTER = load_roster(FOLDER, voices=VOICES)
WORDS = ROSTER.house.tools


class Desk(Agent):
    """An own agent with names that one of Baton's classes could have as well."""

    fails = False

    def __init__(self) -> None:
        super().__init__(instructions="You sell tickets.", tools=[EndCallTool()])
        if Desk.fails:
            raise ValueError("private words")
        self._call, self._open, self.did = 1, 2, list[str]()

    async def on_enter(self) -> None:
        self.did.append("entered")

    async def on_exit(self) -> None:
        self.did.append("left")

    async def on_user_turn_completed(self, turn_ctx: ChatContext, new_message: ChatMessage) -> None:
        if new_message.text_content == "stop":
            raise StopResponse
        raise ValueError(new_message.text_content)

    @function_tool
    async def sell(self, context: RunContext[Any], seats: int) -> str:
        """Sells seats."""
        self.did.append(f"sold {seats}")
        return "done"


def tools_of(made: Any) -> Any:
    return _tools_of(made, policy=Policy(5.0), where="desk.md:3")


def role_with(cls: type[Agent]) -> Role:
    own = OwnAgent(cls, "You sell tickets.", (), tools_of, "desk.md:3")
    role = next(iter(ROSTER.roles.values()))
    told = f"{role.instructions}\n\nYou sell tickets."
    return role.model_copy(update={"own_agent": own, "own_tools": (), "instructions": told})


async def made() -> Any:
    return await make_agent(role_with(Desk), WORDS, ChatContext.empty())


async def test_the_agent_has_batons_tools_and_its_own() -> None:
    agent = await made()
    assert {tool.id for tool in agent.tools} == {"transfer_call", "end_call", "sell"}
    assert agent.instructions == role_with(Desk).instructions
    assert (agent._call, agent._open) == (1, 2), "its own names are its own"
    assert agent.did == []


async def test_its_tools_work_on_its_own_state() -> None:
    desk = Desk()
    (sell,) = tools_of(desk)
    assert (await tried(sell, {"seats": 2})).answer == "done"
    assert desk.did == ["sold 2"]


async def test_it_cannot_lose_what_is_batons() -> None:
    agent = await made()
    batons = {tool.id: tool for tool in agent.tools if tool.id != "sell"}
    await agent.update_tools([EndCallTool()])
    assert {tool.id: tool for tool in agent.tools} == batons
    await agent.update_instructions("You sell nothing.")
    assert agent.instructions.endswith("\n\nYou sell nothing.")
    assert agent.instructions.startswith(ROSTER.house.rules)
    assert "tickets" not in agent.instructions


async def test_it_enters_when_the_call_is_its_own_and_leaves_only_then() -> None:
    agent = await made()
    await agent.on_enter()  # LiveKit calls it when the session starts
    await agent.on_exit()
    assert agent.did == []
    await agent.enter()
    assert agent.did == ["entered"]


async def test_a_class_that_cannot_be_made_now_leaves_the_role_to_baton(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(Desk, "fails", True)
    with caplog.at_level(logging.WARNING):
        agent = await made()
    assert not isinstance(agent, _OwnPersona)
    assert {tool.id for tool in agent.tools} == {"transfer_call", "end_call"}
    assert "ValueError" in str(caplog.records[0].__dict__)
    assert "private words" not in str(caplog.records[0].__dict__), "an error may have a caller's words"


async def test_a_fault_in_its_turn_leaves_the_caller_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    agent = await made()
    monkeypatch.setattr("agents.call.persona.Persona.on_user_turn_completed", Desk.on_user_turn_completed)
    await agent.on_user_turn_completed(ChatContext.empty(), ChatMessage(role="user", content=["hello"]))
    with pytest.raises(StopResponse):
        await agent.on_user_turn_completed(ChatContext.empty(), ChatMessage(role="user", content=["stop"]))


async def _stream() -> AsyncIterator[str]:
    yield "one"
    yield "two"


async def _text() -> str:
    return "one"


async def _later() -> AsyncIterator[str]:
    return _stream()


async def _nothing() -> None:
    return None


@pytest.mark.parametrize(
    ("reply", "pieces"),
    [(_stream, ["one", "two"]), (_text, ["one"]), (_later, ["one", "two"]), (_nothing, [])],
)
async def test_a_reply_of_any_form_is_a_stream(reply: Any, pieces: list[str]) -> None:
    assert [piece async for piece in _streamed(reply())] == pieces
