"""A role as LiveKit's Agent: its instructions, Baton's two tools, and the role's own.

Baton's two return at once: a tool that waited for its own handoff would deadlock.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator
from contextlib import aclosing
from inspect import isawaitable
from typing import Any

from livekit.agents import Agent, FlushSentinel, ModelSettings, RunContext, StopResponse
from livekit.agents.llm import (
    ChatChunk,
    ChatContext,
    ChatMessage,
    RawFunctionTool,
    Tool,
    ToolError,
    function_tool,
)

from agents.call.active_call import ActiveCall
from agents.roster.checked import fill
from agents.roster.model_words import ToolWords
from agents.roster.role import Role
from agents.session.caller_words import acts_on_answer, asks_for, says_goodbye
from agents.session.long_answer import LongAnswer, OpenAnswers, is_yes

Piece = ChatChunk | str | FlushSentinel
"""A piece of a reply, as the model streams it."""


class Persona(Agent):
    """A role's agent. While the caller is on hold, their words are recorded, and nobody answers.

    The same holds in a handoff. There the STT keeps the words, but a turn may have ended just before the ears
    closed.

    An answer of more than about 20 s is said in parts: after each part the caller is asked whether to go on.

    `agents/call/own_agent.py` combines this class with a role's own class, which comes after it. So the names
    here begin with two underscores, which keeps them unique.
    """

    def __init__(self, **agent: Any) -> None:
        super().__init__(**agent)
        self.__open = OpenAnswers()

    def llm_node(
        self, chat_ctx: ChatContext, tools: list[Tool], model_settings: ModelSettings
    ) -> AsyncIterable[Piece]:
        if (
            self.__call.hold.is_on or self.__call.voice.ears_closed or self.__is_asking
        ):  # this reply would be prepared ahead, while the caller still speaks
            return _nothing()
        if (left := self.__left_to_say(chat_ctx)) is not None:
            return self.__in_parts(_only(left))
        return self.__in_parts(_streamed(super().llm_node(chat_ctx, tools, model_settings)))

    def __left_to_say(self, chat_ctx: ChatContext) -> str | None:
        """Return the rest of a long answer, if the caller has just said yes to hearing it."""
        said = [item for item in chat_ctx.items if isinstance(item, ChatMessage)]
        if not said or said[-1].role != "user" or not is_yes(said[-1].text_content or ""):
            return None
        ours = [item.text_content or "" for item in said if item.role == "assistant"]
        return self.__open.left_of(ours[-1]) if ours else None

    async def __in_parts(self, reply: AsyncGenerator[Piece]) -> AsyncIterator[Piece]:
        """Yield the reply; if it is long, its first part and the question whether to go on."""
        answer, calls = LongAnswer(), False
        async with aclosing(reply) as pieces:
            async for piece in pieces:
                calls = calls or _calls_tool(piece)
                words = _words_of(piece)
                if not words or answer.push(words):
                    yield piece
        rest, left = answer.end(ask=not calls)
        if rest:
            yield rest
        if left:
            question = self.__call.role.spoken_lines.go_on_question
            self.__open.keep(f"{answer.said} {question}", left)
            yield f" {question}"

    async def on_user_turn_completed(self, turn_ctx: ChatContext, new_message: ChatMessage) -> None:
        if self.__call.voice.ears_closed:
            self.__call.voice.keep(new_message)
            raise StopResponse
        consent = self.__call.consent
        answer = consent.hears(new_message.text_content or "") if consent is not None else None
        if answer == "other":
            # This also makes the model's context differ from that of the empty reply prepared ahead.
            turn_ctx.add_message(role="system", content=self.__call.process.roster.house.notes.not_recorded)
        if not self.__call.hold.is_on and answer in {None, "other"}:
            await super().on_user_turn_completed(turn_ctx, new_message)
            return
        context = self.chat_ctx.copy()
        context.insert(new_message)
        await self.update_chat_ctx(context)
        # Private, but LiveKit itself has no public way to keep a turn without a reply to it.
        self.session._conversation_item_added(new_message)
        raise StopResponse

    @property
    def __is_asking(self) -> bool:
        return self.__call.consent is not None and self.__call.consent.is_asking

    @property
    def __call(self) -> ActiveCall:
        call: ActiveCall = self.session.userdata
        return call


async def _nothing() -> AsyncGenerator[Piece]:
    return
    yield  # makes it a generator


async def _streamed(reply: Any) -> AsyncGenerator[Piece]:
    """Stream what any form of LiveKit's llm_node returns."""
    if isawaitable(reply):
        reply = await reply
    if isinstance(reply, AsyncGenerator):
        async with aclosing(reply) as pieces:
            async for piece in pieces:
                yield piece
    elif isinstance(reply, AsyncIterable):
        async for piece in reply:
            yield piece
    elif reply is not None:
        yield reply


async def _only(words: str) -> AsyncGenerator[Piece]:
    yield words


def _words_of(piece: Piece) -> str:
    if isinstance(piece, ChatChunk):
        return (piece.delta and piece.delta.content) or ""
    return piece if isinstance(piece, str) else ""


def _calls_tool(piece: Piece) -> bool:
    return isinstance(piece, ChatChunk) and piece.delta is not None and bool(piece.delta.tool_calls)


def baton_tools(role: Role, words: ToolWords) -> list[RawFunctionTool[..., Any]]:
    """Return those of Baton's two tools that the role's file allows."""
    tools = []
    if "transfer_call" in role.tools:
        tools.append(_transfer_call(role, words))
    if "end_call" in role.tools:
        tools.append(_end_call(role, words))
    return tools


def _transfer_call(role: Role, words: ToolWords) -> RawFunctionTool[..., Any]:
    async def transfer_call(raw_arguments: dict[str, object], context: RunContext[ActiveCall]) -> None:
        target, reason = str(raw_arguments.get("target")), str(raw_arguments.get("reason", ""))
        if target not in role.transfers_to:
            raise ToolError(", ".join(role.transfers_to))
        said, own = context.session.current_agent.chat_ctx, role.own_names
        if acts_on_answer(said, own) and not asks_for(said, target, role.targets[target]):
            raise ToolError(fill(words.not_asked, tool="transfer_call"))
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
                    # An enum: no words of a caller can lead to another target.
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


def _end_call(role: Role, words: ToolWords) -> RawFunctionTool[..., Any]:
    async def end_call(raw_arguments: dict[str, object], context: RunContext[ActiveCall]) -> None:
        said = context.session.current_agent.chat_ctx
        if acts_on_answer(said, role.own_names) and not says_goodbye(said):
            raise ToolError(fill(words.not_asked, tool="end_call"))
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
