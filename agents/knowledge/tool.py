"""The tool with which a role's model looks something up in the role's documents."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from typing import Any

from livekit.agents.llm import RawFunctionTool, function_tool

from agents.knowledge.knowledge import SEARCH, Knowledge
from errors import BatonError
from persistence.records import Lookup

log = logging.getLogger(__name__)

Record = Callable[[Sequence[str], Lookup], None]
"""Is told the sources of what was found, and how it went."""


def search_tool(
    knowledge: Knowledge, *, does: str, question: str, record: Record
) -> RawFunctionTool[..., Any]:
    """`does` and `question`: the words for the model. The answer is JSON: data, and no part of the prompt."""

    async def search_knowledge(raw_arguments: dict[str, object]) -> str:
        try:
            found = await knowledge.search(str(raw_arguments.get("question", "")))
        except (
            BatonError,
            OSError,
        ) as error:  # TimeoutError is one, and a file that goes while it is looked at
            log.warning("documents not searched", extra={"kind": type(error).__name__})  # not its words
            record([], Lookup.FAILED)
            return json.dumps({"passages": [], "error": "the documents cannot be searched now"})
        record([one.span.source for one in found], Lookup.FOUND if found else Lookup.NOTHING)
        passages = [{"source": one.span.source, "text": one.span.text} for one in found]
        return json.dumps({"passages": passages}, ensure_ascii=False)

    return function_tool(
        search_knowledge,
        raw_schema={
            "name": SEARCH,
            "description": does,
            "parameters": {
                "type": "object",
                "properties": {"question": {"type": "string", "description": question}},
                "required": ["question"],
                "additionalProperties": False,
            },
        },
    )
