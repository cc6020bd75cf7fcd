"""Makes a role's agent: Baton's, combined with the agent class that the role's file may name."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import cast

from livekit.agents import Agent, StopResponse
from livekit.agents.llm import ChatContext, ChatMessage, Tool, Toolset

from agents.call.active_call import ActiveCall
from agents.call.own_tools import function_of
from agents.call.persona import Persona, baton_tools
from agents.roster.model_words import ToolWords
from agents.roster.role import Role
from agents.tools.checks import BUILT_IN
from agents.tools.outcome import place_of
from agents.tools.own_agent import OwnAgent
from agents.tools.own_tool import OwnTool

log = logging.getLogger(__name__)

_EXIT_LIMIT_S = 2.0
"""How long on_exit may take: after a call has moved on, its process is needed for another one."""
_FIRST_LINE_S = 1.0
_LOOK_S = 0.05


async def make_agent(
    role: Role, words: ToolWords, history: ChatContext, more: Sequence[Tool | Toolset] = ()
) -> Agent:
    """Make the role's agent. `history` is what it knows from the start: facts, or a colleague's brief.

    `more`: further tools. If the role's agent class cannot be made, Baton does without it: the caller comes
    first.
    """
    agent, own = _made(role)
    tools: list[Tool | Toolset] = [*baton_tools(role, words)]
    tools += map(function_of, (*role.own_tools, *own))
    await agent.update_tools([*tools, *more])
    await agent.update_chat_ctx(history)
    return agent


def _made(role: Role) -> tuple[Persona, Sequence[OwnTool]]:
    if (own := role.own_agent) is not None:
        with _going_on(own.where, "constructor"):
            agent = _joined(role, own)
            return agent, own.tools_of(agent)
    return Persona(instructions=role.instructions), ()


@contextmanager
def _going_on(where: str, what: str) -> Iterator[None]:
    """Continue the call if the class raises. The error's text is not logged."""
    try:
        yield
    except StopResponse:
        raise
    except (Exception, SystemExit) as error:  # noqa: BLE001
        why = {"where": where, "what": what, "error": type(error).__name__, "at": place_of(error)}
        log.warning("an agent class failed; the call goes on without it", extra=why)


def _joined(role: Role, own: OwnAgent) -> Persona:
    cls = type(own.cls.__name__, (_OwnPersona, own.cls), {"__module__": own.cls.__module__})
    agent = cast(_OwnPersona, cls())
    agent.keep_house(role.instructions.removesuffix(own.instructions).rstrip(), own.where)
    return agent


class _OwnPersona(Persona):
    """Baton keeps control of its tools, the house's rules, when on_enter runs, and who may speak."""

    def keep_house(self, instructions: str, where: str) -> None:
        """Keep what the class must not change. `instructions`: the role's, which precede the class's own."""
        self.__house, self.__where, self.__has_entered = instructions, where, False
        self.__batons: list[Tool | Toolset] | None = None
        self._instructions = f"{instructions}\n\n{super().instructions}".strip()

    async def update_instructions(self, instructions: str) -> None:
        await super().update_instructions(f"{self.__house}\n\n{instructions}")

    async def update_tools(self, tools: list[Tool | Toolset]) -> None:
        if self.__batons is None:  # Baton itself, which makes this agent
            self.__batons = [tool for tool in tools if tool.id in BUILT_IN]
        others = [tool for tool in tools if tool.id not in BUILT_IN]
        await super().update_tools([*self.__batons, *others])

    async def on_user_turn_completed(self, turn_ctx: ChatContext, new_message: ChatMessage) -> None:
        with _going_on(self.__where, "on_user_turn_completed"):  # LiveKit would not answer the caller
            await super().on_user_turn_completed(turn_ctx, new_message)

    async def on_enter(self) -> None:
        """Do nothing: LiveKit calls this before the agent has the call. `enter` runs the class's on_enter."""

    async def enter(self) -> None:
        """Run the class's on_enter: the agent has the call now."""
        self.__has_entered = True
        with _going_on(self.__where, "on_enter"):
            await super().on_enter()

    async def on_exit(self) -> None:
        """Run the class's on_exit within a limit, if on_enter has run: an unused target never had the call.

        If this agent's part in the call is over, on_exit is not heard: another agent may be speaking.
        """
        if not self.__has_entered:
            return
        call: ActiveCall = self.session.userdata
        if call.ending.decided:
            self.session.output.set_audio_enabled(False)
            call.turns.agent_is_unheard()
        with _going_on(self.__where, "on_exit"):
            async with asyncio.timeout(_EXIT_LIMIT_S):
                await super().on_exit()


async def entered(call: ActiveCall) -> None:
    """Run the class's own on_enter once the first line is queued and the agent may speak."""
    agent = call.session.current_agent
    if not isinstance(agent, _OwnPersona):
        return
    with suppress(TimeoutError):  # a caller on hold hears no line
        async with asyncio.timeout(_FIRST_LINE_S):
            while call.session.current_speech is None:  # noqa: ASYNC110 - LiveKit gives no notice
                await asyncio.sleep(_LOOK_S)
    while call.occupied:  # noqa: ASYNC110 - a handoff and a hold end in different places
        await asyncio.sleep(_LOOK_S)
    await agent.enter()
