"""What a person's proxy and the person's page tell each other, in the person's own room.

The room's name follows from the offer that the person accepted, and so does the person's identity: the
service signs a token for that room (operators/acts/room_tokens.py), and the proxy obeys that identity alone.
"""

from __future__ import annotations

from typing import Literal

from persistence.people import OfferId
from transfer.protocol import Message

DESK_TOPIC = "baton.desk"
"""Text stream, proxy → the person's page: a DeskBrief, DeskSituation or DeskWords."""
DESK_ACT = "baton.desk.act"
"""RPC, page → proxy: a DeskAct; answered with nothing, or refused."""
DESK_BEAT = "baton.desk.beat"
"""Data, page → proxy, every second, empty: the page is there, whether its person's voice is muted or not."""

ROOMS = "desk-"
"""Prefix of the rooms' names."""


def room_of(offer: OfferId) -> str:
    """The room in which the person of this offer is alone with the proxy."""
    return f"{ROOMS}{offer}"


def person_in(offer: OfferId) -> str:
    """The person's identity in it."""
    return f"person-{offer}"


class DeskFact(Message):
    """One thing that is known of the caller; `source`: who told it."""

    name: str
    value: str
    source: str


class DeskWords(Message):
    """A turn of the call. `speaker`: a role's spoken name; empty: the caller."""

    kind: Literal["words"] = "words"
    speaker: str
    words: str


class DeskBrief(Message):
    """What the person learns before they take the caller. `back_to`: the spoken name of who hands over."""

    kind: Literal["brief"] = "brief"
    matter: str
    summary: str
    facts: tuple[DeskFact, ...] = ()
    turns: tuple[DeskWords, ...] = ()
    back_to: str


class DeskSupervisor(Message):
    """An operator who listens to the call; `mode` as in the listener's row: who hears them."""

    name: str
    mode: Literal["listen", "coach", "barge", "take_over"]


class DeskOther(Message):
    """The other person of a talk. `name`: empty while any of the role's people may come.

    `asked`: it rings. `reads`: they have accepted. `here`, `lost`: in the talk. `gone`: `why`.
    """

    name: str
    role: str
    state: Literal["asked", "reads", "here", "lost", "gone"]
    why: str = ""


class DeskSituation(Message):
    """Where the person is with the caller. `over`: the room is of no more use.

    `leads`: they have the caller; else `other` does, and has asked them in.
    """

    kind: Literal["situation"] = "situation"
    now: Literal["brief", "connecting", "talking", "hold", "moving", "over"]
    why: str = ""
    supervisors: tuple[DeskSupervisor, ...] = ()
    leads: bool = True
    other: DeskOther | None = None


class DeskAct(Message):
    """What the person wants. `reason`: of `return` before the caller is connected, and of `hand_back`.

    `look`: the page has just come, and wants to be shown what it has missed.
    """

    version: Literal[1] = 1
    act: Literal["look", "put_through", "return", "hand_back", "hang_up"]
    reason: str = ""
