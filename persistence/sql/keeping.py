"""What is removed when, and what must stay: `persistence.contract.keeping`. Triggers remove the words."""

from __future__ import annotations

from persistence.contract.keeping import Overdue
from persistence.records import Call, CallId
from persistence.sql.connection import Move
from persistence.sql.rows import call_of, columns
from persistence.sql.tables import Tables

_CALL = columns(Call)

# As the partial indexes have them.
_WITH_WORDS = "ended_at IS NOT NULL AND words_gone_at IS NULL AND legal_hold_at IS NULL"
_WITH_NUMBERS = "ended_at IS NOT NULL AND numbers_gone_at IS NULL AND legal_hold_at IS NULL"
_TELLS_NUMBER = "ended_at IS NOT NULL AND substr(caller_number, 1, 1) = '#' AND room <> ''"
_WITH_ROOM = "call_id IS NULL AND room <> id"

_NOBODY = "caller = '', caller_name = '', caller_number = '', room = '', found_by = id"


def _oldest(condition: str) -> str:
    return f"""
    SELECT id FROM calls WHERE {condition} AND ended_at < :before ORDER BY ended_at LIMIT 1
"""


PURGE_WORDS = Move(
    "purge_words",
    "id",
    f"UPDATE calls SET words_gone_at = :at WHERE id = ({_oldest(_WITH_WORDS)}) RETURNING id",
)

PURGE_NUMBERS = Move(
    "purge_numbers",
    "id",
    f"UPDATE calls SET numbers_gone_at = :at, {_NOBODY} WHERE id = ({_oldest(_WITH_NUMBERS)}) RETURNING id",
)

HIDE_NUMBER = Move(
    "hide_number",
    "id",
    f"""
UPDATE calls
SET caller = caller_number, room = '', found_by = id || char(10) || caller_number
WHERE id = ({_oldest(_TELLS_NUMBER)})
RETURNING id
""",
)

PURGE_ROOM = Move(
    "purge_room",
    "id",
    f"""
UPDATE operator_requests
SET room = id
WHERE id = (
    SELECT id
    FROM operator_requests INDEXED BY requests_with_rooms
    WHERE {_WITH_ROOM} AND requested_at < :before
    ORDER BY requested_at
    LIMIT 1
)
RETURNING id
""",
)

PURGE_SESSION = Move(
    "purge_session",
    "id",
    """
DELETE FROM operator_sessions
WHERE id = (SELECT id FROM operator_sessions WHERE made_at < :before ORDER BY made_at LIMIT 1)
RETURNING id
""",
)

_PUT_LEGAL_HOLD = Move(
    "put_legal_hold",
    _CALL,
    f"""
UPDATE calls
SET legal_hold_at = :at, legal_hold_by = :by, moved_by = :by, moved_at = :at
WHERE id = :id AND legal_hold_at IS NULL AND words_gone_at IS NULL
RETURNING {_CALL}
""",
)

_END_LEGAL_HOLD = Move(
    "end_legal_hold",
    _CALL,
    f"""
UPDATE calls
SET legal_hold_at = NULL, legal_hold_by = NULL, moved_by = :by, moved_at = :at
WHERE id = :id AND legal_hold_at IS NOT NULL
RETURNING {_CALL}
""",
)

_FORGET_CALL = Move(
    "forget_call",
    "id",
    f"""
UPDATE calls
SET words_gone_at = coalesce(words_gone_at, :at), numbers_gone_at = :at, forgotten_by = :by, {_NOBODY},
    moved_by = :by, moved_at = :at
WHERE id = :id AND ended_at IS NOT NULL AND legal_hold_at IS NULL AND numbers_gone_at IS NULL
RETURNING id
""",
)

_OVERDUE = f"""
SELECT
    (SELECT count(*) FROM calls WHERE {_WITH_WORDS} AND ended_at < :words_before) AS words,
    (SELECT count(*) FROM calls WHERE {_WITH_NUMBERS} AND ended_at < :numbers_before) AS numbers,
    (SELECT count(*) FROM calls WHERE legal_hold_at IS NOT NULL) AS held
"""


class SqlKeeping(Tables):
    """`KeepingStore`."""

    async def purge_words(self, *, before: int, at: int) -> bool:
        return await self._writer.changed(PURGE_WORDS, {"before": before, "at": at}) is not None

    async def purge_numbers(self, *, before: int, at: int) -> bool:
        return await self._writer.changed(PURGE_NUMBERS, {"before": before, "at": at}) is not None

    async def hide_number(self, *, before: int) -> bool:
        return await self._writer.changed(HIDE_NUMBER, {"before": before}) is not None

    async def purge_room(self, *, before: int) -> bool:
        return await self._writer.changed(PURGE_ROOM, {"before": before}) is not None

    async def purge_session(self, *, before: int) -> bool:
        return await self._writer.changed(PURGE_SESSION, {"before": before}) is not None

    async def overdue(self, *, words_before: int, numbers_before: int) -> Overdue:
        values = {"words_before": words_before, "numbers_before": numbers_before}
        (row,) = await self._read(_OVERDUE, values)
        return Overdue(words=row["words"], numbers=row["numbers"], held=row["held"])

    async def put_legal_hold(self, call_id: CallId, *, by: str, at: int) -> Call:
        values = {"id": call_id, "by": by, "at": at}
        return call_of(await self._writer.moved(_PUT_LEGAL_HOLD, values))

    async def end_legal_hold(self, call_id: CallId, *, by: str, at: int) -> Call:
        values = {"id": call_id, "by": by, "at": at}
        return call_of(await self._writer.moved(_END_LEGAL_HOLD, values))

    async def forget_call(self, call_id: CallId, *, by: str, at: int) -> bool:
        values = {"id": call_id, "by": by, "at": at}
        return await self._writer.changed(_FORGET_CALL, values) is not None
