"""The queue for people: the half of `persistence.contract.people` that concerns its entries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from errors import StaleHandoff
from persistence.people import EntryId, EntryState, OfferId, Person, QueueEntry, Waits
from persistence.records import CallId, RoleName
from persistence.sql.connection import Move, Row
from persistence.sql.rows import columns
from persistence.sql.tables import Tables
from persistence.words import word_of

_ENTRY = columns(QueueEntry)


def may_take(entry: str) -> str:
    """Whether the person (:person, and as :listed) may take this entry at :at: due, and not declined."""
    return f"""
{entry}.state IN ('waiting', 'offered') AND {entry}.not_before <= :at AND instr({entry}.people, :listed) > 0
AND NOT EXISTS (
    SELECT 1
    FROM offers AS declined
    WHERE
        declined.entry_id = {entry}.id AND declined.person = :person AND declined.outcome = 'declined'
        AND declined.answered_at > :declined_since
)
"""


_ENTER = Move(
    "enter_queue",
    _ENTRY,
    f"""
INSERT INTO queue (
    id, call_id, role, started_at, entered_at, people, rings_ms, priority, skills, overflows_at, overflow_to,
    wrap_up, attempt_id, call_back, not_before, link_hash, moved_at, moved_by
)
SELECT
    :id, id, :role, :started_at, :entered_at, :people, :rings_ms, :priority, :skills, :overflows_at,
    :overflow_to, :wrap_up, :attempt_id, :call_back, :not_before, :link_hash, :entered_at, holder_job
FROM calls
WHERE
    id = :call_id AND ended_at IS NULL
    AND (
        :longest IS NULL
        OR (
            SELECT count(*)
            FROM queue
            WHERE role = :role AND state IN ('waiting', 'offered') AND call_back = 0
        ) < :longest
    )
ON CONFLICT DO NOTHING
RETURNING {_ENTRY}
""",
)

_ASK_IN = Move(
    "ask_in",
    _ENTRY,
    f"""
INSERT INTO queue (
    id, call_id, role, started_at, entered_at, people, rings_ms, priority, skills, overflows_at, overflow_to,
    wrap_up, asked_by, asked_for, moved_at, moved_by
)
SELECT
    :id, talk.call_id, :role, own.started_at, :at, :people, :rings_ms, own.priority, :skills, :overflows_at,
    '', :wrap_up, talk.id, :asked_for, :at, talk.person
FROM offers AS talk
JOIN queue AS own ON own.id = talk.entry_id
WHERE
    talk.id = :asked_by AND talk.person = :by AND talk.connected_at IS NOT NULL AND talk.ended_at IS NULL
    AND NOT EXISTS (
        SELECT 1
        FROM offers AS other
        WHERE
            other.call_id = talk.call_id AND other.id <> talk.id AND other.outcome = 'accepted'
            AND other.ended_at IS NULL
    )
    AND NOT EXISTS (
        SELECT 1 FROM handoffs WHERE handoffs.call_id = talk.call_id AND handoffs.ended_at IS NULL
    )
ON CONFLICT DO NOTHING
RETURNING {_ENTRY}
""",
)

_WIDEN = Move(
    "widen_entry",
    _ENTRY,
    f"""
UPDATE queue SET people = :people WHERE id = :id AND state IN ('waiting', 'offered') RETURNING {_ENTRY}
""",
)

_NOTE_TOLD_WAIT = Move(
    "note_told_wait",
    "id",
    "UPDATE queue SET told_wait_ms = :wait_ms WHERE id = :id AND told_wait_ms IS NULL RETURNING id",
)

_LEAVE = Move(
    "leave_queue",
    _ENTRY,
    f"""
UPDATE queue
SET state = :state, moved_by = :by, moved_at = :at
WHERE id = :id AND state IN ('waiting', 'offered')
RETURNING {_ENTRY}
""",
)

_MISS_CALL_BACK = Move(
    "miss_call_back",
    _ENTRY,
    f"""
UPDATE queue
SET
    state = CASE WHEN :again_at IS NULL THEN 'unreached' ELSE 'waiting' END,
    person = CASE WHEN :again_at IS NULL THEN person END,
    offer_id = CASE WHEN :again_at IS NULL THEN offer_id END,
    tries = tries + 1, not_before = coalesce(:again_at, not_before), moved_by = 'rule', moved_at = :at
WHERE
    offer_id = :offer_id AND state = 'taken' AND call_back = 1
    AND EXISTS (SELECT 1 FROM offers WHERE id = :offer_id AND ended_at IS NULL AND ends_at <= now_ms())
RETURNING {_ENTRY}
""",
)

_ANSWER_CALL_BACK = Move(
    "answer_call_back",
    _ENTRY,
    f"""
UPDATE queue
SET call_id = :call_id, call_back = 0, called_back_at = :at, moved_by = :by, moved_at = :at
WHERE
    offer_id = :offer_id AND state = 'taken' AND call_back = 1
    AND EXISTS (SELECT 1 FROM calls WHERE calls.id = :call_id AND ended_at IS NULL)
    AND EXISTS (SELECT 1 FROM offers WHERE id = :offer_id AND ended_at IS NULL AND ends_at > now_ms())
RETURNING {_ENTRY}
""",
)

_ENTRY_BY_ID = f"SELECT {_ENTRY} FROM queue WHERE id = :id"

_ENTRY_OF = f"""
SELECT {_ENTRY}
FROM queue
WHERE call_id = :call_id AND asked_by IS NULL
ORDER BY entered_at DESC, id DESC
LIMIT 1
"""

_WAITING_ENTRY_OF = f"""
SELECT {_ENTRY} FROM queue WHERE call_id = :call_id AND asked_by IS NULL AND state IN ('waiting', 'offered')
"""

_ASKED_IN = f"""
SELECT {_ENTRY} FROM queue WHERE call_id = :call_id AND asked_by IS NOT NULL ORDER BY entered_at, id
"""

_CALL_IS_OPEN = "SELECT 1 FROM calls WHERE id = :call_id AND ended_at IS NULL"

_QUEUE = f"SELECT {_ENTRY} FROM queue WHERE state IN ('waiting', 'offered')"
_OF_ROLE = " AND role = :role"
_IN_ORDER = " ORDER BY priority DESC, started_at, id"

# The first condition is the index's: without it, SQLite reads the whole table.
_TAKEN = f"""
SELECT {_ENTRY}
FROM queue
WHERE state IN ('waiting', 'offered', 'taken') AND state = 'taken'
ORDER BY started_at, id
"""

_CALL_BACK_OF = f"SELECT {_ENTRY} FROM queue WHERE link_hash = :link_hash"

_CALL_BACKS = f"""
SELECT {_ENTRY}
FROM queue
WHERE call_back = 1 AND state IN ('waiting', 'offered', 'taken')
ORDER BY started_at, id
"""

_WAITS = """
SELECT
    role,
    count(*) - sum(promised) - sum(message) AS entered,
    sum(CASE WHEN promised = 0 AND answered_at IS NOT NULL THEN 1 ELSE 0 END) AS answered,
    sum(CASE WHEN promised = 0 AND answered_at - entered_at <= :target_ms THEN 1 ELSE 0 END) AS in_time,
    sum(CASE WHEN promised = 0 AND state = 'abandoned' THEN 1 ELSE 0 END) AS abandoned,
    sum(CASE WHEN promised = 0 AND state = 'overflowed' THEN 1 ELSE 0 END) AS overflowed,
    coalesce(sum(CASE WHEN promised = 0 THEN answered_at - entered_at END), 0) AS wait_ms,
    sum(promised) AS call_backs,
    sum(CASE WHEN called_back_at IS NOT NULL THEN 1 ELSE 0 END) AS called_back,
    sum(CASE WHEN promised = 1 AND state IN ('unreached', 'overflowed') THEN 1 ELSE 0 END) AS unreached,
    sum(message) AS messages,
    sum(CASE WHEN message = 1 AND state <> 'done' THEN 1 ELSE 0 END) AS messages_open
FROM (
    SELECT
        role, state, entered_at, called_back_at,
        CASE WHEN link_hash IS NULL THEN 0 ELSE 1 END AS promised,
        (SELECT min(connected_at) FROM offers WHERE entry_id = queue.id) AS answered_at,
        0 AS message
    FROM queue
    WHERE entered_at >= :since AND entered_at < :until AND asked_by IS NULL
    UNION ALL
    SELECT role, state, left_at, NULL, 0, NULL, 1
    FROM messages
    WHERE left_at >= :since AND left_at < :until
) AS entries
GROUP BY role
ORDER BY role
"""


class SqlQueue(Tables):
    """The entries of the queue."""

    async def enter_queue(self, entry: QueueEntry, *, longest: int | None = None) -> QueueEntry | None:
        values: dict[str, object] = {
            **asdict(entry),
            "people": _lines(entry.people),
            "skills": _lines(entry.skills),
        }
        values |= {"wrap_up": int(entry.wrap_up), "call_back": int(entry.call_back), "longest": longest}
        if row := await self._writer.changed(_ENTER, values):
            return _entry_of(row)
        if rows := await self._read(_WAITING_ENTRY_OF, {"call_id": entry.call_id}):
            return _entry_of(rows[0])
        if await self._read(_CALL_IS_OPEN, {"call_id": entry.call_id}):
            return None
        raise StaleHandoff("the call is over")

    async def ask_in(self, entry: QueueEntry, *, by: Person) -> QueueEntry:
        values: dict[str, object] = {
            **asdict(entry),
            "people": _lines(entry.people),
            "skills": _lines(entry.skills),
        }
        values |= {"wrap_up": int(entry.wrap_up), "by": by, "at": entry.entered_at}
        return _entry_of(await self._writer.moved(_ASK_IN, values))

    async def asked_in(self, call_id: CallId) -> Sequence[QueueEntry]:
        return [_entry_of(row) for row in await self._read(_ASKED_IN, {"call_id": call_id})]

    async def entry(self, entry_id: EntryId) -> QueueEntry | None:
        return next(map(_entry_of, await self._read(_ENTRY_BY_ID, {"id": entry_id})), None)

    async def entry_of(self, call_id: CallId) -> QueueEntry | None:
        return next(map(_entry_of, await self._read(_ENTRY_OF, {"call_id": call_id})), None)

    async def queue(self, *, role: RoleName | None = None) -> Sequence[QueueEntry]:
        statement = f"{_QUEUE}{'' if role is None else _OF_ROLE}{_IN_ORDER}"
        return [_entry_of(row) for row in await self._read(statement, {} if role is None else {"role": role})]

    async def taken_entries(self) -> Sequence[QueueEntry]:
        return [_entry_of(row) for row in await self._read(_TAKEN, {})]

    async def widen_entry(self, entry_id: EntryId, people: Sequence[Person]) -> QueueEntry:
        return _entry_of(await self._writer.moved(_WIDEN, {"id": entry_id, "people": _lines(people)}))

    async def note_told_wait(self, entry_id: EntryId, wait_ms: int) -> None:
        await self._writer.changed(_NOTE_TOLD_WAIT, {"id": entry_id, "wait_ms": wait_ms})

    async def leave_queue(self, entry_id: EntryId, state: EntryState, *, by: str, at: int) -> QueueEntry:
        values = {"id": entry_id, "state": state, "by": by, "at": at}
        return _entry_of(await self._writer.moved(_LEAVE, values))

    async def call_back_of(self, link_hash: str) -> QueueEntry | None:
        return next(map(_entry_of, await self._read(_CALL_BACK_OF, {"link_hash": link_hash})), None)

    async def call_backs(self) -> Sequence[QueueEntry]:
        return [_entry_of(row) for row in await self._read(_CALL_BACKS, {})]

    async def miss_call_back(self, offer_id: OfferId, *, again_at: int | None, at: int) -> QueueEntry:
        values = {"offer_id": offer_id, "again_at": again_at, "at": at}
        return _entry_of(await self._writer.moved(_MISS_CALL_BACK, values))

    async def answer_call_back(self, offer_id: OfferId, call_id: CallId, *, by: str, at: int) -> QueueEntry:
        values = {"offer_id": offer_id, "call_id": call_id, "by": by, "at": at}
        return _entry_of(await self._writer.moved(_ANSWER_CALL_BACK, values))

    async def waits(self, *, since: int, until: int, target_ms: int) -> Sequence[Waits]:
        values = {"since": since, "until": until, "target_ms": target_ms}
        return [Waits(**dict(row)) for row in await self._read(_WAITS, values)]


def _lines(words: Sequence[str]) -> str:
    """One a line, with a line's end before the first: so each can be found whole."""
    return "".join(f"\n{word}" for word in words) + "\n"


def _entry_of(row: Row) -> QueueEntry:
    people = tuple(Person(name) for name in row["people"].split("\n") if name)
    skills = tuple(skill for skill in row["skills"].split("\n") if skill)
    values = {**dict(row), "people": people, "skills": skills, "state": word_of(EntryState, row["state"])}
    values |= {"wrap_up": bool(row["wrap_up"]), "call_back": bool(row["call_back"])}
    return QueueEntry(**values)
