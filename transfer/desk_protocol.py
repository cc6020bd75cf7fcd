"""The protocol between a person's proxy and the person's page, in the person's own room.

The room's name and the person's identity both follow from the offer that the person accepted: the service
signs a token for that room (operators/acts/room_tokens.py), and the proxy obeys that identity alone.
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
    """Return the name of the room in which this offer's person is alone with the proxy."""
    return f"{ROOMS}{offer}"


def person_in(offer: OfferId) -> str:
    """Return the person's identity in that room."""
    return f"person-{offer}"


class DeskFact(Message):
    """One known fact about the caller, and its `source`."""

    name: str
    value: str
    source: str


class DeskWords(Message):
    """A turn of the call. `speaker` is a role's spoken name, or empty for the caller."""

    kind: Literal["words"] = "words"
    speaker: str
    words: str


class DeskBrief(Message):
    """What the person learns before they take the caller.

    `back_to`: the spoken name of the role that handed over.
    """

    kind: Literal["brief"] = "brief"
    matter: str
    summary: str
    facts: tuple[DeskFact, ...] = ()
    turns: tuple[DeskWords, ...] = ()
    back_to: str


class DeskSupervisor(Message):
    """An operator who listens to the call. `mode`, as in the listener's row, says who hears them."""

    name: str
    mode: Literal["listen", "coach", "barge", "take_over"]


class DeskOther(Message):
    """The other person in a talk. `name` is empty while any of the role's people may accept.

    `asked`: it rings. `reads`: they have accepted. `here`: they are in the talk. `lost`: they are in the
    talk, but disconnected. `gone`: they are not in the talk; `why` gives the reason.
    """

    name: str
    role: str
    state: Literal["asked", "reads", "here", "lost", "gone"]
    why: str = ""


class DeskSituation(Message):
    """The person's situation with the caller. `over`: the room is no longer needed.

    `leads`: this person has the caller. If not, `other` has the caller and has asked this person in.
    """

    kind: Literal["situation"] = "situation"
    now: Literal["brief", "connecting", "talking", "hold", "moving", "over"]
    why: str = ""
    supervisors: tuple[DeskSupervisor, ...] = ()
    leads: bool = True
    other: DeskOther | None = None


class DeskAct(Message):
    """What the person wants. `return`, before the caller is connected, and `hand_back` have a `reason`.

    `look`: the page has just connected and asks for what it has missed.
    """

    version: Literal[1] = 1
    act: Literal["look", "put_through", "return", "hand_back", "hang_up"]
    reason: str = ""
