"""Baton's tools that only some roles have: look something up, promise a call back, take a message."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import partial
from typing import Any

from livekit.agents import RunContext
from livekit.agents.llm import RawFunctionTool, ToolError, function_tool

from agents.call.active_call import ActiveCall
from agents.knowledge.knowledge import Knowledge
from agents.knowledge.tool import search_tool
from agents.people.entries import promise_call_back
from agents.people.message_taking import TOOL as MESSAGE_TOOL
from agents.people.message_taking import MessageTaking
from agents.process.process_context import index_folder
from agents.roster.checked import fill
from agents.roster.handoff_lines import call_back_desks, message_desks
from agents.roster.roster import Roster
from agents.session.caller_words import CallersYes, acts_on_answer, says_yes
from errors import StaleHandoff, StoreError
from persistence.records import JobId, Lookup, RoleName
from transfer.page_protocol import wants_captions

log = logging.getLogger(__name__)

_CALL_BACK = "promise_call_back"


def lookups_of(call: ActiveCall) -> Sequence[RawFunctionTool[..., Any]]:
    """Return the tool that searches, if the call's role has documents."""
    documents, process = call.role.documents, call.process
    if documents is None:
        return ()

    def record(sources: Sequence[str], found: Lookup) -> None:
        told = "; ".join(sources) or documents.name
        job, at = JobId(call.ctx.job.id), process.clock.now_ms()
        note = partial(call.store.note_lookup, call.row.id, told, found, by=job, at=at)
        process.write_queue.enqueue(note)

    words = process.roster.house.tools
    knowledge = Knowledge(documents, index_folder(process.settings))
    return [search_tool(knowledge, does=words.search_knowledge, question=words.question, record=record)]


def has_page(call: ActiveCall) -> bool:
    """Whether the caller called from the call page, where they can be called back."""
    caller = call.ctx.room.remote_participants.get(call.row.caller)
    return caller is not None and wants_captions(caller.attributes)


def call_backs_of(call: ActiveCall) -> Sequence[RawFunctionTool[..., Any]]:
    """Return the tool that promises a call back, if the call's role can lead to desks that call back."""
    roster, words = call.process.roster, call.process.roster.house.tools
    desks = call_back_desks(roster, call.role)

    async def promise(raw_arguments: dict[str, object], context: RunContext[ActiveCall]) -> str:
        target = str(raw_arguments.get("target"))
        if target not in desks:
            raise ToolError(", ".join(desks))
        said = context.session.current_agent.chat_ctx
        if acts_on_answer(said, call.role.own_names) and not says_yes(said):
            raise ToolError(fill(words.not_asked, tool=_CALL_BACK))
        if not has_page(call):
            return words.no_call_back
        return await _promised(call, RoleName(target))

    tool = function_tool(
        promise,
        raw_schema={
            "name": _CALL_BACK,
            "description": words.promise_call_back,
            "parameters": {
                "type": "object",
                "properties": {
                    "target": {
                        "type": "string",
                        "enum": list(desks),
                        "description": _names_of(roster, desks),
                    }
                },
                "required": ["target"],
                "additionalProperties": False,
            },
        },
    )
    return [tool] if desks else ()


def messages_of(call: ActiveCall) -> Sequence[RawFunctionTool[..., Any]]:
    """Return the tool that takes a message, if the call's role can lead to desks that take messages."""
    roster = call.process.roster
    words, desks, yes = roster.house.tools, message_desks(roster, call.role), CallersYes()
    taking = MessageTaking(
        call.store,
        call.process.clock,
        call.redactor,
        words,
        call=call.row.id,
        job=JobId(call.ctx.job.id),
        role=call.role.id,
        desks=desks,
    )

    async def take(raw_arguments: dict[str, object], context: RunContext[ActiveCall]) -> str:
        return await taking.take(raw_arguments, partial(yes.given, context.session.current_agent.chat_ctx))

    properties = {
        "target": {
            "type": "string",
            "enum": list(desks),
            "description": _names_of(roster, desks),
        },
        "message": {"type": "string", "description": words.message},
        "for_whom": {"type": "string", "description": words.message_for},
        "reach": {"type": "string", "description": words.message_reach},
    }
    tool = function_tool(
        take,
        raw_schema={
            "name": MESSAGE_TOOL,
            "description": words.take_message,
            "parameters": {
                "type": "object",
                "properties": properties,
                "required": list(properties),
                "additionalProperties": False,
            },
        },
    )
    return [tool] if desks else ()


def _names_of(roster: Roster, desks: Sequence[RoleName]) -> str:
    return "; ".join(f"{name}: {roster.role(name).name}" for name in desks)


async def _promised(call: ActiveCall, target: RoleName) -> str:
    """Promise the call back, and return the words for the model."""
    process, words = call.process, call.process.roster.house.tools
    desk = process.roster.role(target).desk
    assert desk is not None, "the tool's targets are desks"
    try:
        call.call_back_link = await promise_call_back(
            call.store,
            process.clock,
            desk,
            call.row.id,
            target,
            within_s=process.settings.call.call_back_within_s,
        )
    except StaleHandoff:
        return fill(words.already, tool=_CALL_BACK)
    except StoreError as error:
        log.warning("a call back was not promised", extra={"error": type(error).__name__})
        return fill(words.failed, tool=_CALL_BACK)
    return words.call_back_promised
