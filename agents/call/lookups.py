"""Lets a role with documents look things up, and writes down that it did."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from livekit.agents.llm import RawFunctionTool

from agents.call.active_call import ActiveCall
from agents.knowledge.knowledge import Knowledge
from agents.knowledge.tool import search_tool
from agents.process.process_context import index_folder
from persistence.records import JobId, Lookup


def lookups_of(call: ActiveCall) -> Sequence[RawFunctionTool[..., Any]]:
    """The tool, if the call's role has documents."""
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
