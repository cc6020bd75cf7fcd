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
"""Called with the sources of what was found, and the outcome."""


def search_tool(
    knowledge: Knowledge, *, does: str, question: str, record: Record
) -> RawFunctionTool[..., Any]:
    """Return the tool. `does` and `question` describe it to the model. Its answer is data, as JSON."""

    async def search_knowledge(raw_arguments: dict[str, object]) -> str:
        try:
            found = await knowledge.search(str(raw_arguments.get("question", "")))
        except (
            BatonError,
            OSError,
        ) as error:  # also a TimeoutError, and a file removed during the search
            log.warning("documents not searched", extra={"kind": type(error).__name__})  # not the words
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
