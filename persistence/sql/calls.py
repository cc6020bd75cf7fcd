"""Calls, their turns and their troubles: `persistence.contract.calls`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from errors import StoreRefused
from persistence.contract.calls import Cursor
from persistence.records import Call, CallEnd, CallId, JobId, Lookup, RoleName, Trouble, Turn, WorkerId
from persistence.sql.connection import Move, Values
from persistence.sql.rows import call_of, columns, trouble_of, turn_of
from persistence.sql.search import found_by_call, terms
from persistence.sql.tables import Tables, given, limited, newest_first

_CALL, _TURN = columns(Call), columns(Turn)

TRIES = 3
"""Tries of an insert. It is retried if it conflicts with a row that is gone by the time it is looked up."""

CALL = f"SELECT {_CALL} FROM calls WHERE id = :id"

_OPEN_CALL_IN = f"SELECT {_CALL} FROM calls WHERE room = :room AND ended_at IS NULL"

_OPEN_ROOMS = "SELECT room FROM calls WHERE ended_at IS NULL"

_LATEST_CALL_IN = f"SELECT {_CALL} FROM calls WHERE room = :room ORDER BY started_at DESC, id DESC LIMIT 1"

OPEN_CALL = Move(
    "open_call",
    _CALL,
    f"""
INSERT INTO calls (
    id, room, caller, caller_name, caller_number, found_by, holder_role, holder_job, worker, started_at,
    queued_at, moved_by, moved_at
)
VALUES (
    :id, :room, :caller, :caller_name, :caller_number, :found_by, :holder_role, :holder_job, :worker,
    :started_at, :queued_at, :holder_job, :started_at
)
ON CONFLICT DO NOTHING
RETURNING {_CALL}
""",
)

_END_CALL = Move(
    "end_call",
    "id",
    """
UPDATE calls
SET ended_at = :at, ended_how = :how, moved_by = :job, moved_at = :at
WHERE id = :id AND ended_at IS NULL AND holder_job = :job AND lost_at IS NULL
RETURNING id
""",
)

# Who had put the caller on hold, if the call ended on hold. A job that went on with a hold did not begin it.
_HELD_BY = """(
    SELECT begun.actor
    FROM events AS begun
    WHERE
        begun.call_id = calls.id AND begun.kind = 'call' AND begun.moved_to = 'held'
        AND begun.actor NOT IN (
            SELECT back.actor
            FROM events AS back
            WHERE back.call_id = calls.id AND back.kind = 'call' AND back.moved_from = calls.ended_how
        )
        AND EXISTS (
            SELECT 1
            FROM events AS over
            WHERE
                over.call_id = calls.id AND over.kind = 'call' AND over.moved_from = 'held'
                AND over.moved_to = calls.ended_how AND over.at = calls.ended_at
        )
    ORDER BY begun.id DESC
    LIMIT 1
)"""

_REOPEN_CALL = Move(
    "reopen_call",
    _CALL,
    f"""
UPDATE calls
SET
    ended_at = NULL, ended_how = NULL, call_back = NULL, holder_job = :job, worker = :worker,
    lost_at = NULL, moved_by = :job, moved_at = :at,
    held_by = {_HELD_BY}, held_at = CASE WHEN {_HELD_BY} IS NOT NULL THEN :at END
WHERE
    id = :id AND ended_how = :ended_how AND ended_at >= :since AND called_back_at IS NULL
    AND NOT EXISTS (
        SELECT 1
        FROM calls AS others
        WHERE others.room = calls.room AND (others.started_at, others.id) > (calls.started_at, calls.id)
    )
RETURNING {_CALL}
""",
)

_CONDITIONS = {
    "is_open": "ended_at IS NULL",
    "is_over": "ended_at IS NOT NULL",
    "needs_somebody": """(
        held_at IS NOT NULL OR lost_at IS NOT NULL OR (queued_at IS NOT NULL AND admitted_at IS NULL)
    )""",
    "to_call_back": "call_back IS NOT NULL AND called_back_at IS NULL",
    "ended_how": "ended_how = :ended_how",
    "role": """(
        holder_role = :role
        OR id IN (SELECT call_id FROM handoffs WHERE from_role = :role AND state = 'completed')
        OR id IN (SELECT call_id FROM offers WHERE role = :role AND connected_at IS NOT NULL)
    )""",
    "since": "started_at >= :since",
    "until": "started_at < :until",
    "after_at": "(started_at, id) < (:after_at, :after_id)",
}

_FOUND = """(
    instr(found_by, :{term}) > 0
    OR id IN (SELECT call_id FROM handoffs WHERE instr(found_by, :{term}) > 0)
)"""

_MARK_CALLED_BACK = Move(
    "mark_called_back",
    _CALL,
    f"""
UPDATE calls
SET called_back_at = :at, called_back_by = :by
WHERE id = :id AND call_back IS NOT NULL AND called_back_at IS NULL
RETURNING {_CALL}
""",
)


def calls_where(filters: Mapping[str, object], search: str) -> tuple[str, Values]:
    """Calls by those of `_CONDITIONS` that `filters` name, and by each term of a search; and its values."""
    found = {f"term_{place}": term for place, term in enumerate(terms(search))}
    conditions = [_CONDITIONS[name] for name in filters if name in _CONDITIONS]
    conditions += [_FOUND.format(term=name) for name in found]
    return newest_first(_CALL, "calls", "started_at", conditions), {**filters, **found}


def opening(call: Call) -> Values:
    """The values of OPEN_CALL."""
    return {**asdict(call), "found_by": found_by_call(call)}


_KEPT_TEXT = "(SELECT CASE WHEN words_gone_at IS NULL THEN :text ELSE '' END FROM calls WHERE id = :call_id)"

# The turn takes its number from the call's counter, which a trigger moves on in the same statement.
_APPEND_TURN = Move(
    "append_turn",
    _TURN,
    f"""
INSERT INTO turns ({_TURN})
SELECT :call_id, next_turn, :speaker, :text, :started_at, :ended_at, :typed, :nod
FROM calls
WHERE
    id = :call_id
    AND NOT EXISTS (
        SELECT 1
        FROM turns
        WHERE call_id = :call_id AND speaker = :speaker AND started_at = :started_at AND text = {_KEPT_TEXT}
    )
RETURNING {_TURN}
""",
)

_SAME_TURN = f"""
SELECT {_TURN}
FROM turns
WHERE call_id = :call_id AND speaker = :speaker AND started_at = :started_at AND text = {_KEPT_TEXT}
"""

_TURNS = f"SELECT {_TURN} FROM turns WHERE call_id = :call_id ORDER BY seq"

_LAST_TURNS = f"""
SELECT {_TURN}
FROM (SELECT * FROM turns WHERE call_id = :call_id ORDER BY seq DESC LIMIT :limit) AS latest
ORDER BY seq
"""

_NOTE_TROUBLE = Move(
    "note_trouble",
    "call_id",
    """
INSERT INTO troubles (call_id, part, error, at, seq)
SELECT :call_id, :part, :error, :at, next_entry
FROM calls
WHERE id = :call_id
RETURNING call_id
""",
)

_NOTE_LOOKUP = Move(
    "note_lookup",
    "call_id",
    """
INSERT INTO events (call_id, subject, kind, moved_from, moved_to, actor, at)
SELECT id, :sources, 'knowledge', NULL, :found, :by, :at
FROM calls
WHERE id = :call_id
RETURNING call_id
""",
)

_TROUBLES = f"SELECT {columns(Trouble)} FROM troubles WHERE call_id = :call_id ORDER BY seq"

_IDS_BEGINNING = """
SELECT id FROM calls WHERE id >= :prefix AND id < :behind
UNION ALL
SELECT id FROM handoffs WHERE id >= :prefix AND id < :behind
"""


class SqlCalls(Tables):
    """`CallStore`."""

    async def open_call(self, call: Call) -> Call:
        for _ in range(TRIES):
            row = await self._writer.changed(OPEN_CALL, opening(call))
            opened = call_of(row) if row else await self.open_call_in(call.room)
            if opened:
                return opened
        raise StoreRefused("a call with this id has ended already")

    async def call(self, call_id: CallId) -> Call | None:
        rows = await self._read(CALL, {"id": call_id})
        return call_of(rows[0]) if rows else None

    async def open_call_in(self, room: str) -> Call | None:
        rows = await self._read(_OPEN_CALL_IN, {"room": room})
        return call_of(rows[0]) if rows else None

    async def open_rooms(self) -> frozenset[str]:
        return frozenset(row["room"] for row in await self._read(_OPEN_ROOMS, {}))

    async def latest_call_in(self, room: str) -> Call | None:
        rows = await self._read(_LATEST_CALL_IN, {"room": room})
        return call_of(rows[0]) if rows else None

    async def calls(
        self,
        *,
        is_open: bool | None = None,
        needs_somebody: bool = False,
        to_call_back: bool = False,
        ended_how: CallEnd | None = None,
        role: RoleName | None = None,
        since: int | None = None,
        until: int | None = None,
        search: str = "",
        after: Cursor | None = None,
        limit: int = 50,
    ) -> Sequence[Call]:
        filters = given(
            after,
            is_open=is_open or None,
            is_over=(is_open is False) or None,
            needs_somebody=needs_somebody or None,
            to_call_back=to_call_back or None,
            ended_how=ended_how,
            role=role,
            since=since,
            until=until,
        )
        statement, values = calls_where(filters, search)
        return [call_of(row) for row in await self._read(statement, {**values, "limit": limit})]

    async def mark_called_back(self, call_id: CallId, *, by: str, at: int) -> Call:
        values = {"id": call_id, "by": by, "at": at}
        return call_of(await self._writer.moved(_MARK_CALLED_BACK, values))

    async def end_call(self, call_id: CallId, how: CallEnd, *, job: JobId, at: int) -> bool:
        values = {"id": call_id, "how": how, "job": job, "at": at}
        return await self._writer.changed(_END_CALL, values) is not None

    async def reopen_call(
        self,
        call_id: CallId,
        *,
        job: JobId,
        worker: WorkerId,
        since: int,
        at: int,
        ended_how: CallEnd = CallEnd.CALLER_LEFT,
    ) -> Call:
        values = {
            "id": call_id,
            "job": job,
            "worker": worker,
            "since": since,
            "at": at,
            "ended_how": ended_how,
        }
        return call_of(await self._writer.moved(_REOPEN_CALL, values))

    async def append_turn(
        self,
        call_id: CallId,
        speaker: str,
        text: str,
        *,
        started_at: int,
        ended_at: int,
        typed: bool = False,
        nod: bool = False,
    ) -> Turn:
        values = asdict(Turn(call_id, 0, speaker, text, started_at, ended_at, typed, nod))
        if row := await self._writer.changed(_APPEND_TURN, values):
            return turn_of(row)
        if same := await self._read(_SAME_TURN, values):
            return turn_of(same[0])
        raise StoreRefused("there is no such call")

    async def turns(self, call_id: CallId, *, last: int | None = None) -> Sequence[Turn]:
        statement = _TURNS if last is None else _LAST_TURNS
        rows = await self._read(statement, {"call_id": call_id, "limit": last})
        return [turn_of(row) for row in rows]

    async def note_trouble(self, trouble: Trouble) -> None:
        await self._writer.moved(_NOTE_TROUBLE, asdict(trouble))

    async def troubles(self, call_id: CallId) -> Sequence[Trouble]:
        return [trouble_of(row) for row in await self._read(_TROUBLES, {"call_id": call_id})]

    async def note_lookup(self, call_id: CallId, sources: str, found: Lookup, *, by: JobId, at: int) -> None:
        values = {"call_id": call_id, "sources": sources, "found": found, "by": by, "at": at}
        await self._writer.moved(_NOTE_LOOKUP, values)

    async def ids_beginning(self, prefix: str, *, limit: int = 10) -> Sequence[str]:
        values = {"prefix": prefix, "behind": f"{prefix}\U0010ffff", "limit": limit}
        rows = await self._read(limited(_IDS_BEGINNING, limit), values)
        return [str(row["id"]) for row in rows]
