"""Response bodies: the store's records as JSON objects. Times are milliseconds UTC."""

from __future__ import annotations

from pydantic import BaseModel, Field

from operators.costs import CallCosts
from operators.holds import Hold
from persistence.access import ListenerMode, ListenerState, Right
from persistence.messages import Message
from persistence.recording import Recording
from persistence.records import (
    Attempt,
    Call,
    Event,
    Handoff,
    OperatorRequest,
    RoleName,
    ToolUse,
    Trouble,
    Turn,
)


class Calls(BaseModel):
    items: list[Call]
    next: str | None = Field(description="the cursor of the next page, or null at the end")


class Handoffs(BaseModel):
    items: list[Handoff]
    next: str | None = Field(description="the cursor of the next page, or null at the end")


class OnTheCall(BaseModel):
    """Somebody who listens to a call. `mode` says who hears them."""

    identity: str
    name: str
    state: ListenerState
    mode: ListenerMode


class WholeCall(BaseModel):
    """Everything about one call. Get later events from `/events?after=`, with `last_event`."""

    call: Call
    turns: list[Turn]
    handoffs: list[Handoff]
    requests: list[OperatorRequest]
    troubles: list[Trouble]
    tool_uses: list[ToolUse] = Field(description="of the roles' own tools, without secret parameters' values")
    lookups: list[Event] = Field(description="what agents looked up in their roles' documents")
    messages: list[Message] = Field(description="that the caller has left for people")
    holds: list[Hold]
    listeners: list[OnTheCall] = Field(description="who has a token to hear it and has not left")
    costs: CallCosts = Field(description="what was asked of Groq for it so far, and its price")
    on_hold_ms: int = Field(
        description="how long the caller has been on hold, by operators and during handoffs"
    )
    last_event: int


class CallRecording(BaseModel):
    recording: Recording | None = Field(description="null: nothing was decided, or recording is off")
    tracks: list[str] = Field(description="who is heard: caller, roles, music; each has a track")


class WholeHandoff(BaseModel):
    handoff: Handoff
    attempts: list[Attempt]
    events: list[Event]


class Check(BaseModel):
    check: str
    verdict: str = Field(description="well, wrong or skipped")
    detail: str
    advice: str


class HealthReport(BaseModel):
    """The service's health. `checks` is null unless the request's token holds the right "read"."""

    well: bool
    wrong: list[str] = Field(description="the names of the checks that are not well")
    checks: list[Check] | None = None


class Audio(BaseModel):
    available: bool
    reason: str | None = Field(description="why sound is not available, or null")


class WaysIn(BaseModel):
    openid: bool = Field(description="whether the company's own sign-in is there: GET /sign-in/openid")


class Me(BaseModel):
    name: str
    rights: list[Right] = Field(description="what the token holds; none contains another")
    audio: Audio
    hints: list[str] = Field(description="sentences to suggest to somebody who calls from the test page")


class RoomToken(BaseModel):
    token: str
    url: str = Field(description="address of livekit-server")
    room: str
    identity: str
    expires_at: int = Field(description="until when it can be used to join")


class Supervision(BaseModel):
    mode: ListenerMode = Field(
        description="who hears you, from the moment at which the call's holder sees it"
    )
    speak: RoomToken = Field(
        description="for your microphone, in a room where only the call's holder hears it"
    )


class RoomSeen(BaseModel):
    name: str
    participants: int
    made_at: int


class ParticipantSeen(BaseModel):
    identity: str
    kind: str = Field(description="standard, sip, agent, …")
    state: str = Field(description="joining, joined, active or disconnected")
    joined_at: int
    hidden: bool
    publishes: list[str] = Field(description="the sources of its tracks, such as microphone")


class RoleSeen(BaseModel):
    role: RoleName
    name: str
    voice: str
    transfers_to: list[str]
    greeting: str
    people: list[str] = Field(description="those to whom a call may be handed over by name")
