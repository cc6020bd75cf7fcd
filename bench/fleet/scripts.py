"""A fleet's load on its store, as scripts for pgbench: Baton's own statements, at real calls' pace.

A call lasts three minutes, in which somebody speaks every five seconds and one handoff is made. A worker
carries twenty calls. Each script finds its call by the room, as pgbench does not know which calls are open.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, fields

from agents.process.costs import EVERY_S as COSTS_EVERY_S
from failover.fleet_pace import LOOKS_A_SECOND, OWN_LOOK_S
from persistence.records import Used
from persistence.sql import calls, handoffs, limits, operators, requests, workers
from persistence.sql.connection import Move

CALL_S = 180.0
TURN_EVERY_S = 5.0
CALLS_A_WORKER = 20
_POLLS_A_SECOND = 2.0
"""How often a worker polls for lost calls, for the line and for spent limits, each. It polls rooms half as
often."""

_NOW = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint"
_NUMBER = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
_SLOT = "\\set slot random(1, :calls)\n"
_OPEN = """SELECT id AS call, holder_job AS job FROM calls WHERE room = 'room-' || :slot
ORDER BY started_at DESC, id DESC LIMIT 1"""
_CALL = f"{_SLOT}{_OPEN} \\gset\n"
_WORKER = "\\set n random(1, :workers)\n"
_MOVED = "SELECT pg_notify('baton', ''), pg_notify('baton_' || md5(:call), '');\n"
"""The notifications after a move; a turn sends none (persistence/postgres/connection.py)."""


@dataclass(frozen=True, slots=True)
class Script:
    """A script for pgbench. `a_call`, `a_worker`: runs a second for each. `is_write`: it makes one move.

    `at_most`: runs a second for all together, unless `at_least` for each worker adds up to more.
    """

    name: str
    text: str
    a_call: float = 0.0
    a_worker: float = 0.0
    at_most: float = math.inf
    at_least: float = 0.0
    is_write: bool = False

    def rate(self, count: int) -> float:
        """Return how often a second the script runs for this many calls."""
        workers = count / CALLS_A_WORKER
        return max(min(count * self.a_call + workers * self.a_worker, self.at_most), workers * self.at_least)


def _move(move: Move, **values: str) -> str:
    """Return a move as persistence/postgres calls it: its answer is kept in its writer's row."""
    return f"{_made(move, **values)} WHERE note_answer(:call, {_NUMBER}, made::text);\n"


def _made(move: Move, **values: str) -> str:
    given = ", ".join(f"p_{name} => {values.get(name, 'NULL')}" for name in move.parameters)
    return f"SELECT {move.columns} FROM {move.name}({given}) AS made"


def _of_open_call(statement: str) -> str:
    """Return the statement for a random open call that it finds itself, as `:call` and `:job`."""
    for name in ("call", "job"):
        statement = re.sub(rf"(?<!:):{name}\b", f"open.{name}", statement)
    return _SLOT + statement.replace(" FROM ", f" FROM ({_OPEN}) AS open CROSS JOIN LATERAL ", 1)


def _read(statement: str, **values: str) -> str:
    for name, value in values.items():
        statement = re.sub(rf"(?<!:):{name}\b", value, statement)
    return f"{statement.strip()};\n"


def _turn() -> str:
    """Return the script of a turn, which leaves no answer."""
    values = {"call_id": ":call", "speaker": "'caller'", "text": "'some words ' || random()"}
    said = _made(calls._APPEND_TURN, **values, started_at=_NOW, ended_at=_NOW, typed="0", nod="0")
    return _of_open_call(f"{said};\n")


def _told() -> str:
    """The holder is notified of a move of its call, and reads (agents/monitors/operator_inbox.py)."""
    reads = (
        _read(calls.CALL, id=":call"),
        _read(operators._LISTENERS_OF, call_id=":call"),
        _read("SELECT * FROM handoffs WHERE call_id = :call_id AND state = 'requested'", call_id=":call"),
        _read(requests._REQUESTS, call_id=":call", state="'requested'"),
    )
    return _MOVED + "".join(reads)


def _costs() -> str:
    figures = ", ".join(f"'{field.name}', {place}" for place, field in enumerate(fields(Used)))
    names = "'call_id', :call::text, 'job', :job::text, 'model', 'a model', 'thrown_away', 0"
    row = f"json_build_array(json_build_object({names}, {figures}))::text"
    return _of_open_call(f"SELECT call_id FROM save_costs(p_rows => {row});\n")


def _handoff() -> str:
    """Return a whole handoff, from the request to the timings, as fast as the store accepts it."""
    handoff, attempt = {"id": ":handoff"}, {"id": ":handoff", "attempt_id": ":handoff"}
    steps = [
        _move(
            handoffs.REQUEST_HANDOFF,
            id=":handoff",
            call_id=":call",
            from_role="'front-desk'",
            from_job=":job",
            target="'billing'",
            reason="'a bill'",
            requested_by="'model'",
            idempotency_key=":handoff",
            requested_at=_NOW,
            note="''",
            completes="'auto'",
            found_by="''",
            at_most="1000",
        ),
        _move(
            handoffs._BEGIN_ATTEMPT,
            id=":handoff",
            handoff_id=":handoff",
            actor=":job",
            target="'billing'",
            started_at=_NOW,
        ),
        _move(handoffs._NOTE_DISPATCH, id=":handoff", dispatch_id="'a dispatch'"),
        _move(handoffs._CLAIM_ATTEMPT, **attempt, job=":handoff", worker="'worker-1'", at=_NOW),
        _move(handoffs._ACCEPT, **attempt, job=":handoff", at=_NOW),
        _move(handoffs.SAVE_SUMMARY, **handoff, summary="'a summary'", source="'model'"),
        _move(handoffs._COMPLETE, **attempt, job=":handoff", at=_NOW),
        _move(handoffs._SAVE_TIMINGS, **handoff, seam_ms="300"),
    ]
    made = f"SELECT 'h-' || {_NUMBER} || '-' || :client_id AS handoff \\gset\n"
    return _CALL + made + "".join(step + _told() for step in steps)


def _call() -> str:
    """End a call, and begin another in its room."""
    ended = _move(calls._END_CALL, id=":call", how="'caller_left'", job=":job", at=_NOW)
    made = f"SELECT 'call-' || {_NUMBER} || '-' || :client_id AS call \\gset\n"
    closed = "DELETE FROM writers WHERE id = :call;\n"
    return _CALL + ended + _told() + closed + made + opened("'room-' || :slot") + _told()


def opened(room: str) -> str:
    """Return the move that opens a call with the id `:call`."""
    return _move(
        calls.OPEN_CALL,
        id=":call",
        room=room,
        caller="'caller'",
        found_by="''",
        caller_name="''",
        caller_number="''",
        holder_role="'front-desk'",
        holder_job="'job of ' || :call",
        worker="'worker-' || (1 + :slot::int % :workers::int)",
        started_at=_NOW,
    )


def _lease() -> str:
    given = "p_host => 'host', p_lease_ms => 60000, p_draining => 0, p_room_for => 1, p_protocol => 1"
    return f"{_WORKER}SELECT id FROM renew_lease(p_id => 'worker-' || :n, {given});\n"


_OWN_LOOKS = 1 / OWN_LOOK_S
_WORKER_ID = "('worker-' || :n)"
SCRIPTS = (
    Script("turn", _turn(), a_call=1 / TURN_EVERY_S, is_write=True),
    Script("costs", _costs(), a_call=1 / COSTS_EVERY_S, is_write=True),
    Script("handoff", _handoff(), a_call=1 / CALL_S),
    Script("call", _call(), a_call=1 / CALL_S),
    Script("lease", _lease(), a_worker=1.0, is_write=True),
    Script(
        "lost",
        _WORKER
        + _read(workers._ORDERED_HANDOFFS, worker=_WORKER_ID)
        + _read(workers._OPEN_CALLS_OF, worker=_WORKER_ID),
        a_worker=_POLLS_A_SECOND,
    ),
    Script(
        "orphans",
        _WORKER + _read(workers._ORPHANED_CALLS, but=_WORKER_ID),
        a_worker=_POLLS_A_SECOND,
        at_most=LOOKS_A_SECOND,
    ),
    Script(
        "line",
        _read(workers._CALLS_IN_LINE),
        a_worker=_POLLS_A_SECOND,
        at_most=LOOKS_A_SECOND,
        at_least=_OWN_LOOKS,
    ),
    Script("workers", _read(workers._LIVING_WORKERS), a_worker=_POLLS_A_SECOND, at_most=LOOKS_A_SECOND),
    Script(
        "limits", _read(limits._SPENT), a_worker=_POLLS_A_SECOND, at_most=LOOKS_A_SECOND, at_least=_OWN_LOOKS
    ),
    Script(
        "others",
        _WORKER + _read(limits._CALLS_OF_OTHERS, but=_WORKER_ID),
        a_worker=_POLLS_A_SECOND,
        at_most=LOOKS_A_SECOND,
    ),
    Script(
        "rooms",
        _read(calls._OPEN_ROOMS),
        a_worker=_POLLS_A_SECOND / 2,
        at_most=LOOKS_A_SECOND,
    ),
)
