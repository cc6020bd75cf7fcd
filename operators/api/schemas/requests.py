"""Request bodies and parameters. Unknown fields are refused, so that a misspelt one is noticed."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from fastapi import Depends, Header, Path, Query
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from agents.keys.pressing import KEYS_HINT
from operators.acts.room_tokens import NOT_AN_AGENTS
from operators.call_query import CallQuery, CallState
from operators.handoff_query import HandoffQuery
from persistence.records import CallEnd, Completes, HandoffState
from transfer.keys_protocol import Leg
from transfer.protocol import is_agents

LARGEST_MS = 2**53 - 1  # the largest integer that JSON readers keep exactly

Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        description="a repeated key acts once, and returns the same row",
    ),
]
CallPath = Annotated[str, Path(max_length=200, description="a call's id")]
HandoffPath = Annotated[str, Path(max_length=200, description="a handoff's id")]
Limit = Annotated[int, Query(ge=1, le=200, description="the largest number of items, newest first")]
Next = Annotated[str | None, Query(max_length=400, description="`next` from the previous page")]
Instant = Annotated[int | None, Query(ge=0, le=LARGEST_MS)]

RoleField = Annotated[str, Field(min_length=1, max_length=64, description="a role of the roster")]
PersonField = Annotated[
    str | None,
    Field(
        min_length=1,
        max_length=200,
        description="one of the target's people: only that person is rung; without it, any of them",
    ),
]
_NAME = (
    r"^[^\x00-\x20\x7f]([^\x00-\x1f\x7f]*[^\x00-\x20\x7f])?$"  # no control characters, no spaces at the ends
)
Room = Annotated[str, Field(min_length=1, max_length=200, pattern=_NAME, description="a room's name")]
Words = Annotated[str, Field(description="plain words, without markup; 1 to 2000 characters")]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="after")
    def _whole_characters(self) -> Self:
        """JSON can hold lone surrogates, which no store can keep."""
        for name, value in self:
            if isinstance(value, str) and any("\ud800" <= letter <= "\udfff" for letter in value):
                raise ValueError(f"{name} should be Unicode text without lone surrogates")
        return self


class Nothing(Body):
    """An empty object, or no body at all."""


class VisitorCall(Body):
    again: str | None = Field(
        None,
        max_length=4_000,
        description="the token of a call that a reload of the page interrupted; without it: a new call",
    )


class Link(Body):
    link: str = Field(min_length=1, max_length=200, description="what follows #back= in the link's address")


class Caller(Body):
    caller: str = Field(
        min_length=1, max_length=200, description="a telephone number, or an identity in LiveKit"
    )


class SignIn(Body):
    token: str = Field(min_length=1, max_length=400, description="an operator's token")
    instead: bool = Field(False, description="true: replaces whoever is signed in in this browser")


class Spoken(Body):
    words: Words


class Keys(Body):
    keys: str = Field(
        max_length=200,
        description=f"kept in no record; {KEYS_HINT}",
        json_schema_extra={"format": "password"},
    )


class KeysFor(Keys):
    to: Leg = Field(
        description="caller: the caller's telephone; person: that of the person who was called for them"
    )


class NewCall(Body):
    room: Room
    role: RoleField


class NewHandoff(Body):
    target: RoleField
    person: PersonField = None
    reason: str = Field(description="tells the target why; the caller does not hear it; 1 to 2000 characters")
    note: str = Field("", description="a private note for the target, which the caller does not hear")
    completes: Completes = Field(Completes.AUTO, description="operator: once accepted, it waits for approval")


class TakeBack(Body):
    role: RoleField | None = Field(
        None, description="a role that held the call before; default: the latest one"
    )
    reason: str | None = Field(None, description="tells the target why; the caller does not hear it")


class Cancel(Body):
    reason: str | None = Field(None, description="why, for the record")


class Redirect(Body):
    target: RoleField
    reason: str = Field(
        "", description="tells the new target why; the caller does not hear it; default: the handoff's reason"
    )
    note: str = Field("", description="a private note for the new target, which the caller does not hear")


class Supervisor(Body):
    listener: str = Field(
        min_length=1, max_length=200, description="your identity as a listener of this call, from your token"
    )


class NewToken(Body):
    kind: Literal["caller", "listener"] = Field(
        description="caller: speaks, and an agent is dispatched; listener: hears everything, hidden"
    )
    room: Room | None = Field(None, description="the name of a room; default for a caller: a new room")
    identity: str | None = Field(
        None,
        min_length=1,
        max_length=200,
        pattern=_NAME,
        description="the caller's identity in the room; default: a new one",
    )
    role: RoleField | None = Field(
        None, description="the role that answers a caller; default: the first role"
    )

    @field_validator("identity")
    @classmethod
    def _no_agents(cls, identity: str | None) -> str | None:
        if identity is not None and is_agents(identity):
            raise ValueError(NOT_AN_AGENTS)
        return identity


async def _filters(
    state: Annotated[HandoffState | None, Query(description="the state that it is in")] = None,
    outcome: Annotated[HandoffState | None, Query(description="how it ended")] = None,
    role: Annotated[str | None, Query(max_length=64, description="a role on either side")] = None,
    since: Instant = None,
    until: Instant = None,
    call: Annotated[str | None, Query(max_length=200, description="the id of a call")] = None,
) -> HandoffQuery:
    return HandoffQuery(state, outcome, role, since, until, call)


Filters = Annotated[HandoffQuery, Depends(_filters)]


async def _call_filters(
    state: Annotated[
        CallState | None,
        Query(
            description="live; over; needs_somebody: live, and on hold or without its agent;"
            " call_back: over, and somebody must call the caller back"
        ),
    ] = None,
    outcome: Annotated[CallEnd | None, Query(description="how it ended")] = None,
    role: Annotated[str | None, Query(max_length=64, description="a role that holds it or held it")] = None,
    since: Instant = None,
    until: Instant = None,
    search: Annotated[
        str,
        Query(
            max_length=200, description="words of the caller's name, number or identity, ids, room, matter"
        ),
    ] = "",
) -> CallQuery:
    return CallQuery(state, outcome, role, since, until, search)


CallFilters = Annotated[CallQuery, Depends(_call_filters)]
