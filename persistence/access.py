"""The store's rows about who may use it: rights, tokens, sessions, listeners. Times: integer ms UTC."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from persistence.records import CallId


class Right(StrEnum):
    """What a token may do. None of them contains another."""

    METRICS = "metrics"  # scrape the metrics
    READ = "read"  # see calls, transcripts and handoffs, follow the events, export
    LISTEN = "listen"  # hear an open call, unseen
    COACH = "coach"  # whisper to the agent or the person who has the call
    BARGE = "barge"  # speak with caller and agent or person
    TAKE_OVER = "take-over"  # speak in the agent's or the person's place
    ACT = "act"  # steer calls and handoffs, start agents, make callers' tokens
    DATA = "data"  # what is kept of one person: export and erase it
    DESK = "desk"  # take calls as a person: presence, offers, wrap-ups, and the queue


Rights = frozenset[Right]

WATCHES: Rights = frozenset({Right.METRICS, Right.READ, Right.LISTEN})
"""The rights of the former role of viewer."""
ACTS: Rights = WATCHES | {Right.ACT}
"""The rights of the former role of operator."""
EVERYTHING: Rights = frozenset(Right)


@dataclass(frozen=True, slots=True)
class Operator:
    """A person or a program with a token. Only the hash of the token is stored."""

    name: str
    rights: Rights
    token_hash: str  # SHA-256 of the token, in hex
    made_at: int
    expires_at: int | None = None  # from when on the token is good for nothing; None: never
    revoked_at: int | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """A browser in which an operator is signed in."""

    id: str  # for people: it opens nothing
    hash: str  # SHA-256 of the secret in the cookie, in hex
    token_hash: str  # of the token that began it, and without which it ends
    name: str  # the operator's
    made_at: int
    used_at: int  # its latest request, to within a minute
    ended_at: int | None = None
    ended_by: str | None = None


class ListenerState(StrEnum):
    """Where a listener is."""

    ASKED = "asked"  # has a token
    JOINED = "joined"  # is in the room
    LEFT = "left"


class ListenerMode(StrEnum):
    """Who hears a listener."""

    LISTEN = "listen"  # nobody
    COACH = "coach"  # the agent or the person who has the call, alone
    BARGE = "barge"  # the caller and a person; a model is silent
    TAKE_OVER = "take_over"  # the caller; a model is silent, and a person is let go

    @property
    def has_floor(self) -> bool:
        """Whether they speak with the caller."""
        return self in {ListenerMode.BARGE, ListenerMode.TAKE_OVER}


RIGHT_OF = {
    ListenerMode.LISTEN: Right.LISTEN,
    ListenerMode.COACH: Right.COACH,
    ListenerMode.BARGE: Right.BARGE,
    ListenerMode.TAKE_OVER: Right.TAKE_OVER,
}
"""The right that each mode needs."""


@dataclass(frozen=True, slots=True)
class Listener:
    """One token to hear a call from its room, where its holder is, and who hears them."""

    identity: str  # in the room
    call_id: CallId
    name: str  # the operator's, or who used the command line
    key: str | None  # the hash of the session or the token it was made with; None: by the command line
    state: ListenerState
    made_at: int
    moved_at: int
    mode: ListenerMode = ListenerMode.LISTEN
