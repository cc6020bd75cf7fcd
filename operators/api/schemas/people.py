"""What a person's desk sends and receives."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Path
from pydantic import BaseModel, Field

from operators.acts.desk_directory import Place
from operators.api.schemas.requests import Body, PersonField, RoleField
from persistence.messages import Message, MessageState
from persistence.people import Offer, Presence
from persistence.records import RoleName

OfferPath = Annotated[str, Path(max_length=200, description="an offer's id")]
_Reason = Annotated[str, Field(max_length=200)]


class Where(Body):
    state: Literal["available", "busy", "away"] = Field(description="busy and away get no offers")
    reason: _Reason = Field("", description="of away or busy, in the person's words, such as lunch")


class Decline(Body):
    reason: str = Field(min_length=1, max_length=200, description="why not, for the caller's next person")


class WrapUp(Body):
    code: str = Field("", max_length=64, description="one of the role's codes, where it has any")
    note: str = Field("", max_length=2_000, description="what the next person should know")


class Note(Body):
    note: str = Field(max_length=2_000, description="what is written so far")


class HandOver(Body):
    target: RoleField
    person: PersonField = None
    reason: str = Field(
        description="words for who is next; the caller does not hear them; 1 to 2000 characters"
    )


class AskIn(Body):
    role: RoleField
    person: PersonField = None
    reason: str = Field(
        description="words for the second person; the caller does not hear them; 1 to 2000 characters"
    )


class AskedIn(BaseModel):
    """The role, and those of its people whose desks ring now."""

    role: RoleName
    people: list[str]


class Directory(BaseModel):
    """The roles and people that a caller may be handed over to."""

    person: str = Field(description="who asks")
    places: list[Place]


class HelpAsked(BaseModel):
    """A person who asks for a supervisor's help in a talk."""

    call_id: str
    person: str
    role: RoleName
    asked_at: int = Field(description="ms UTC")


class AllHelpAsked(BaseModel):
    items: list[HelpAsked] = Field(description="the earliest request comes first")


class MoveMessage(Body):
    state: MessageState = Field(description="taken: this person alone handles it; open: put back; done")


class LeftMessage(BaseModel):
    """A message from a caller. `message.reach`: how to reach them, in their words; empty: as they called."""

    message: Message
    role_name: str = Field(description="the spoken name of the role for whose people it is")
    caller_name: str
    caller_number: str = Field(description="from which they called; empty: unknown, or not kept")


class Messages(BaseModel):
    items: list[LeftMessage]
    next: str | None = Field(description="the cursor of the next page, or null at the end")


class DeskRole(BaseModel):
    """A role that the person may take."""

    role: RoleName
    name: str
    codes: list[str]
    wrap_up_required: bool
    is_open: bool


class CallBackDue(BaseModel):
    """A caller who was promised a call back by a role that the person may take."""

    role: RoleName
    waits_since: int = Field(description="when the caller began to wait, ms UTC")
    due_at: int | None = Field(
        description="when it rings here at the earliest, ms UTC; null: after their call"
    )
    tries: int = Field(description="how often the caller did not answer")
    person: str | None = Field(description="whose desk rings the caller now")


class DeskView(BaseModel):
    """Everything that the desk shows. `/events` has its changes: presence, queue, offer and message."""

    person: str
    presence: Presence | None = Field(description="null before the person has been there at all")
    offers: list[Offer] = Field(description="what rings, the talk, and wrap-ups to write")
    roles: list[DeskRole]
    call_backs: list[CallBackDue] = Field(description="in the order of their start")
    heartbeat_s: float = Field(description="how often to send a heartbeat")
    last_event: int
