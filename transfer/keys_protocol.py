"""The keys that the operators' service sends a call's holder to press. The request's row has no keys."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from transfer.protocol import Id, Message

KEYS_TOPIC = "baton.keys"
"""Data packet, server → holder: a PressKeys. Keys travel in no other way: they may be secret."""

Leg = Literal["caller", "person"]
"""Which of a call's telephones: the caller's, or that of the person who was dialled for them."""


class PressKeys(Message):
    """The keys of an operator's request."""

    version: Literal[1] = 1
    request: Id
    leg: Leg
    keys: Annotated[str, Field(min_length=1, max_length=200, repr=False)]
