"""A role as LiveKit's Agent: its instructions, and the two things it may do besides talking."""

from __future__ import annotations

from typing import Any, Protocol

from livekit.agents import Agent, RunContext
from livekit.agents.llm import ChatContext, RawFunctionTool, Tool, Toolset, function_tool
from livekit.agents.voice import SpeechHandle

from agents.role import Role


class Desk(Protocol):
    """Takes what a tool asks for. Both return at once: a tool that waits for its own handoff deadlocks."""

    def ask_transfer(self, target: str, reason: str, speech: SpeechHandle) -> str | None:
        """Queue a handoff. Returns why it cannot be, in words for the model, or None."""
        ...

    def ask_end(self, speech: SpeechHandle) -> None:
        """Let the call end after `speech` was heard."""
        ...


def make_persona(role: Role, desk: Desk, history: ChatContext | None = None) -> Agent:
    """The role's agent. `history` is what it knows beforehand: the brief, or an earlier part of the call."""
    tools: list[Tool | Toolset] = []
    if "transfer_call" in role.tools:
        tools.append(_transfer_call(role, desk))
    if "end_call" in role.tools:
        tools.append(_end_call(desk))
    return Agent(instructions=role.instructions, tools=tools, chat_ctx=history or ChatContext.empty())


def _transfer_call(role: Role, desk: Desk) -> RawFunctionTool[..., Any]:
    async def transfer_call(raw_arguments: dict[str, object], context: RunContext[Any]) -> str | None:
        target, reason = str(raw_arguments.get("target")), str(raw_arguments.get("reason", ""))
        if target not in role.transfers_to:
            return f"There is no such desk. You can transfer to: {', '.join(role.transfers_to)}."
        return desk.ask_transfer(target, reason, context.speech_handle)

    return function_tool(
        transfer_call,
        raw_schema={
            "name": "transfer_call",
            "description": "Bring a colleague into this call and hand the caller over. Say nothing about it "
            "yourself: the caller is told.",
            "parameters": {
                "type": "object",
                "properties": {
                    # An enum: no words of a caller can reach anything else.
                    "target": {"type": "string", "enum": list(role.transfers_to)},
                    "reason": {
                        "type": "string",
                        "description": "The caller's matter, as a clause that completes 'I understand that …', "
                        "such as 'you were charged twice for your last invoice'.",
                    },
                },
                "required": ["target", "reason"],
                "additionalProperties": False,
            },
        },
    )


def _end_call(desk: Desk) -> RawFunctionTool[..., Any]:
    async def end_call(raw_arguments: dict[str, object], context: RunContext[Any]) -> None:
        desk.ask_end(context.speech_handle)

    return function_tool(
        end_call,
        raw_schema={
            "name": "end_call",
            "description": "End the call, once the caller has said goodbye or wants nothing more. "
            "Say goodbye in the same answer.",
            "parameters": {
                "type": "object",
                "properties": {},
                "required": [],
                "additionalProperties": False,
            },
        },
    )
