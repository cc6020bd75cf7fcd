"""The private protocol between the holder and a caller's page. It has one version; the page refuses others.

A page asks for these messages in its token, by attributes that only the server's key can write. A caller
without the attributes, such as one on a telephone, is sent nothing. The page is operators/call_page/files/.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from transfer.protocol import Message

WANTS_CAPTIONS = "baton.captions"
"""Attribute of a caller: "1" if their page shows captions and takes typed lines."""
LONGEST_CALL = "baton.longest_call_s"
"""Attribute of a caller: seconds that their call may last, if fewer than BATON_LONGEST_CALL_S."""
CALL_BACK = "baton.call_back"
"""Attribute of a caller who answers a call back: the offer of the person who makes it."""

PAGE_TOPIC = "baton.page"
"""Data packet, holder → the caller's page alone: a Situation or a Caption."""
TYPED = "baton.typed"  # RPC, page → holder: a Typed; answered with a TypedAnswer
TYPING = "baton.typing"  # RPC, page → holder: the caller is typing, and not silent; answered with nothing

LONGEST_LINE = 500
"""Characters of a typed line."""


class Situation(Message):
    """What is happening, sent every second: a page that receives none knows that no agent is there.

    `role` and `target` are roles' spoken names; `why` is a CallEnd; `place` counts from 1, 0: not known yet.
    `call_back`: the token of the link for the call back, once one was promised.
    """

    kind: Literal["situation"] = "situation"
    version: Literal[1] = 1
    now: Literal["talking", "moment", "hold", "transfer", "ending", "line"]
    role: str
    target: str = ""
    why: str = ""
    place: int = 0
    call_back: str = ""


class Caption(Message):
    """One utterance's words so far. A later caption of the same `line` replaces it, an empty one removes it.

    `line` counts the utterances of one agent. `role` is the speaking role's spoken name, None for the caller.
    """

    kind: Literal["caption"] = "caption"
    version: Literal[1] = 1
    line: int
    role: str | None
    words: str
    over: bool


class Typed(Message):
    """A line that the caller typed instead of speaking. The page may send it again, under the same `id`."""

    version: Literal[1] = 1
    id: Annotated[str, Field(min_length=1, max_length=36)]
    words: Annotated[str, Field(min_length=1, max_length=LONGEST_LINE)]


class TypedAnswer(Message):
    """Whether the line counts as the caller's turn.

    `busy`: it does not, as a handoff is open or the call is ending. `too-fast`: they type too fast.
    """

    taken: bool
    why: Literal["", "busy", "too-fast"] = ""


def wants_captions(attributes: Mapping[str, str]) -> bool:
    return attributes.get(WANTS_CAPTIONS) == "1"


def page_attributes(*, longest_call_s: float, call_back: str | None = None) -> dict[str, str]:
    """Return the attributes for a page's token."""
    made = {WANTS_CAPTIONS: "1", LONGEST_CALL: f"{longest_call_s:g}"}
    return made if call_back is None else {**made, CALL_BACK: call_back}


def longest_call_s(attributes: Mapping[str, str], setting_s: float) -> float:
    """Return how many seconds the call may last. Attributes can only shorten it."""
    try:
        return min(setting_s, max(0.0, float(attributes[LONGEST_CALL])))
    except (KeyError, ValueError):
        return setting_s
