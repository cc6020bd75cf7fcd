"""A row as its record. The records' own fields name the columns, so that neither can drift from the other."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from persistence.records import (
    Attempt,
    Call,
    CallEnd,
    Completes,
    Event,
    Handoff,
    HandoffState,
    Operator,
    OperatorRequest,
    OperatorRole,
    RequestKind,
    RequestState,
    SummarySource,
    Trouble,
    Turn,
    Worker,
)

Values = Mapping[str, object]
"""What a statement's named places are filled with: text, integers or None."""

Record = (
    type[Attempt]
    | type[Call]
    | type[Event]
    | type[Handoff]
    | type[Operator]
    | type[OperatorRequest]
    | type[Trouble]
    | type[Turn]
    | type[Worker]
)


def columns(record: Record) -> str:
    """The columns of a record, in its order, as SELECT and RETURNING want them."""
    return ", ".join(field.name for field in fields(record))


def call_of(row: sqlite3.Row) -> Call:
    values: dict[str, Any] = dict(row)
    how = values["ended_how"]
    return Call(**values | {"ended_how": CallEnd(how) if how else None})


def turn_of(row: sqlite3.Row) -> Turn:
    return Turn(**dict(row))


def handoff_of(row: sqlite3.Row) -> Handoff:
    values: dict[str, Any] = dict(row)
    source = values["summary_source"]
    words = {
        "state": HandoffState(values["state"]),
        "completes": Completes(values["completes"]),
        "summary_source": SummarySource(source) if source else None,
    }
    return Handoff(**values | words)


def attempt_of(row: sqlite3.Row) -> Attempt:
    values: dict[str, Any] = dict(row)
    outcome = values["outcome"]
    return Attempt(**values | {"outcome": HandoffState(outcome) if outcome else None})


def event_of(row: sqlite3.Row) -> Event:
    return Event(**dict(row))


def request_of(row: sqlite3.Row) -> OperatorRequest:
    values: dict[str, Any] = dict(row)
    words = {"kind": RequestKind(values["kind"]), "state": RequestState(values["state"])}
    return OperatorRequest(**values | words)


def operator_of(row: sqlite3.Row) -> Operator:
    values: dict[str, Any] = dict(row)
    return Operator(**values | {"role": OperatorRole(values["role"])})


def worker_of(row: sqlite3.Row) -> Worker:
    values: dict[str, Any] = dict(row)
    return Worker(**values | {"draining": bool(values["draining"])})


def trouble_of(row: sqlite3.Row) -> Trouble:
    return Trouble(**dict(row))
