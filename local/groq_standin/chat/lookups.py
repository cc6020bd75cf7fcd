"""Uses a role's documents: looks something up, and reads out what is found. Pure.

The tool and the format of its answer are Baton's (`agents/knowledge/tool.py`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from agents.knowledge.knowledge import SEARCH
from local.groq_standin.chat.request import Message
from local.groq_standin.script import Call, Reply

_MOST_WORDS = 40
_SENTENCE = re.compile(r"[^.!?。！？]+[.!?。！？]*")


def look_up(question: str) -> Reply:
    return Reply(call=Call(name=SEARCH, arguments={"question": question}))


def read_out(messages: Sequence[Message]) -> Reply | None:
    """Return the beginning of the best passage in the last message; None if that has no passages field."""
    last = messages[-1]
    if last.role != "tool":
        return None
    try:
        passages = json.loads(last.text)["passages"]
        return Reply(say=_beginning(passages[0]["text"]) if passages else "I find nothing about that. Sorry.")
    except (ValueError, TypeError, KeyError):
        return None


def _beginning(text: str) -> str:
    """Return the first sentences, up to _MOST_WORDS words; a longer first sentence is cut."""
    said: list[str] = []
    for sentence in _SENTENCE.findall(" ".join(text.split())):
        if said and len(said) + len(sentence.split()) > _MOST_WORDS:
            break
        said += sentence.split()
    return " ".join(said[:_MOST_WORDS])
