"""Turns rows into records. The records' fields name the columns, so the two cannot drift apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from enum import StrEnum
from typing import TypeVar

from persistence.access import Listener, ListenerMode, ListenerState, Operator, Session
from persistence.messages import Message, MessageState
from persistence.people import Offer, Presence, QueueEntry
from persistence.phones import Dial
from persistence.recording import Recording, RecordingState, Segment
from persistence.records import (
    Attempt,
    Call,
    CallBack,
    CallEnd,
    Completes,
    Event,
    Handoff,
    HandoffState,
    OperatorRequest,
    RequestKind,
    RequestState,
    SummarySource,
    ToolUse,
    ToolUseState,
    Trouble,
    Turn,
    Worker,
)
from persistence.sql.connection import Row
from persistence.words import word_of

R = TypeVar(
    "R",
    Attempt,
    Call,
    Dial,
    Event,
    Handoff,
    Listener,
    Message,
    Offer,
    Operator,
    OperatorRequest,
    Recording,
    Segment,
    Presence,
    QueueEntry,
    Session,
    ToolUse,
    Trouble,
    Turn,
    Worker,
)


def columns(record: type[R]) -> str:
    """The columns of a record, in its order, for SELECT and RETURNING."""
    return ", ".join(field.name for field in fields(record))


def _maker(record: type[R], **words: type[StrEnum]) -> Callable[[Row], R]:
    """A function that makes a record of a row with the columns `columns(record)`.

    `words`: the fields that hold an enum's words. Values are read by position and looked up in a dict: a page
    of handoffs takes a fifth of the time that names and enum calls take, and it is the event loop's time.
    """
    known = [
        (place, words[field.name], {None: None} | {word.value: word for word in words[field.name]})
        for place, field in enumerate(fields(record))
        if field.name in words
    ]

    def of(row: Row) -> R:
        values = list(row)
        for place, kind, words_of_field in known:
            value = values[place]
            values[place] = words_of_field[value] if value in words_of_field else word_of(kind, value)
        return record(*values)

    return of


call_of = _maker(Call, ended_how=CallEnd, call_back=CallBack)
handoff_of = _maker(Handoff, state=HandoffState, completes=Completes, summary_source=SummarySource)
attempt_of = _maker(Attempt, outcome=HandoffState)
event_of = _maker(Event)
request_of = _maker(OperatorRequest, kind=RequestKind, state=RequestState)
message_of = _maker(Message, state=MessageState)
listener_of = _maker(Listener, state=ListenerState, mode=ListenerMode)
trouble_of = _maker(Trouble)
recording_of = _maker(Recording, state=RecordingState)
segment_of = _maker(Segment)


def turn_of(row: Row) -> Turn:
    return Turn(**{**dict(row), "typed": bool(row["typed"]), "nod": bool(row["nod"])})


def tool_use_of(row: Row) -> ToolUse:
    return ToolUse(**{**dict(row), "once": bool(row["once"]), "state": word_of(ToolUseState, row["state"])})


def worker_of(row: Row) -> Worker:
    return Worker(**{**dict(row), "draining": bool(row["draining"])})
