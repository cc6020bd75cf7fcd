"""A role as LiveKit's Agent: its instructions and its two tools.

Both tools return at once: a tool that waited for its own handoff would deadlock.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator
from typing import Any

from livekit.agents import Agent, FlushSentinel, ModelSettings, RunContext, StopResponse
from livekit.agents.llm import (
    ChatChunk,
    ChatContext,
    ChatMessage,
    RawFunctionTool,
    Tool,
    ToolError,
    Toolset,
    function_tool,
)

from agents.call.active_call import ActiveCall
from agents.roster.role import Role
from agents.roster.shared_prompts import ToolWords


class Persona(Agent):
    """A role's agent. While the caller is on hold, their words are written down, and nobody answers.

    In a handoff too: the STT keeps those words, but a turn may have ended just before the ears closed.
    """

    def llm_node(
        self, chat_ctx: ChatContext, tools: list[Tool], model_settings: ModelSettings
    ) -> AsyncIterable[ChatChunk | str | FlushSentinel]:
        if (
            self._call.hold.is_on or self._call.voice.ears_closed
        ):  # a reply that is prepared ahead, while the caller still speaks
            return _nothing()
        return Agent.default.llm_node(self, chat_ctx, tools, model_settings)

    async def on_user_turn_completed(self, turn_ctx: ChatContext, new_message: ChatMessage) -> None:
        if self._call.voice.ears_closed:
            self._call.voice.keep(new_message)
            raise StopResponse
        if not self._call.hold.is_on:
            return
        context = self.chat_ctx.copy()
        context.insert(new_message)
        await self.update_chat_ctx(context)
        # Private, but LiveKit itself has no public way to keep a turn without a reply to it.
        self.session._conversation_item_added(new_message)
        raise StopResponse

    @property
    def _call(self) -> ActiveCall:
        call: ActiveCall = self.session.userdata
        return call


async def _nothing() -> AsyncIterator[ChatChunk | str]:
    return
    yield  # makes it a generator


def make_persona(role: Role, words: ToolWords, history: ChatContext) -> Persona:
    """The role's agent. `history` is what it knows from the start: facts, or a colleague's brief."""
    tools: list[Tool | Toolset] = []
    if "transfer_call" in role.tools:
        tools.append(_transfer_call(role, words))
    if "end_call" in role.tools:
        tools.append(_end_call(words))
    return Persona(instructions=role.instructions, tools=tools, chat_ctx=history)


def _transfer_call(role: Role, words: ToolWords) -> RawFunctionTool[..., Any]:
    async def transfer_call(raw_arguments: dict[str, object], context: RunContext[ActiveCall]) -> None:
        target, reason = str(raw_arguments.get("target")), str(raw_arguments.get("reason", ""))
        if target not in role.transfers_to:
            raise ToolError(", ".join(role.transfers_to))
        by_caller = raw_arguments.get("asked") is True
        context.userdata.desk.ask_transfer(target, reason, context.speech_handle, by_caller=by_caller)

    return function_tool(
        transfer_call,
        raw_schema={
            "name": "transfer_call",
            "description": words.transfer_call,
            "parameters": {
                "type": "object",
                "properties": {
                    # An enum: no words of a caller can reach anything else.
                    "target": {
                        "type": "string",
                        "enum": list(role.transfers_to),
                        "description": "; ".join(
                            f"{target}: {name}" for target, name in role.targets.items()
                        ),
                    },
                    "reason": {"type": "string", "description": words.reason},
                    "asked": {"type": "boolean", "description": words.asked},
                },
                "required": ["target", "reason"],
                "additionalProperties": False,
            },
        },
    )


def _end_call(words: ToolWords) -> RawFunctionTool[..., Any]:
    async def end_call(raw_arguments: dict[str, object], context: RunContext[ActiveCall]) -> None:
        context.userdata.desk.ask_end(context.speech_handle)

    return function_tool(
        end_call,
        raw_schema={
            "name": "end_call",
            "description": words.end_call,
            "parameters": {
                "type": "object",
                "properties": {},
                "required": [],
                "additionalProperties": False,
            },
        },
    )
