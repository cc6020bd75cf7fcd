"""Messages that callers leave for people: `persistence.contract.messages`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict

from errors import StaleHandoff
from persistence.contract.calls import Cursor
from persistence.messages import Message, MessageId, MessageState
from persistence.people import Person
from persistence.records import CallId, JobId, RoleName
from persistence.sql.connection import Move
from persistence.sql.rows import columns, message_of
from persistence.sql.tables import Tables, given, newest_first

_MESSAGE = columns(Message)

_LEAVE = Move(
    "leave_message",
    _MESSAGE,
    f"""
INSERT INTO messages (id, call_id, role, from_role, words, for_whom, reach, left_at, moved_at, moved_by)
SELECT :id, id, :role, :from_role, :words, :for_whom, :reach, :left_at, :left_at, :from_role
FROM calls
WHERE
    id = :call_id AND ended_at IS NULL AND holder_job = :job
    AND (SELECT count(*) FROM messages WHERE call_id = :call_id) < :at_most
ON CONFLICT DO NOTHING
RETURNING {_MESSAGE}
""",
)

_MOVE = Move(
    "move_message",
    _MESSAGE,
    f"""
UPDATE messages
SET state = :state, person = CASE WHEN :state <> 'open' THEN :by END, moved_by = :by, moved_at = :at
WHERE id = :id AND state <> :state AND (:state <> 'taken' OR state = 'open')
RETURNING {_MESSAGE}
""",
)

_BY_ID = f"SELECT {_MESSAGE} FROM messages WHERE id = :id"

_OLDEST = """
SELECT role, min(left_at) AS left_at
FROM messages
WHERE state = 'open' AND words <> ''
GROUP BY role
"""

_WHERE = {
    "call_id": "call_id = :call_id",
    "done": "CASE WHEN state = 'done' THEN 1 ELSE 0 END = :done",
    "after_at": "(left_at, id) < (:after_at, :after_id)",
}


class SqlMessages(Tables):
    """`MessageStore`."""

    async def leave_message(self, message: Message, *, job: JobId, at_most: int) -> Message:
        values = {**asdict(message), "job": job, "at_most": at_most}
        if row := await self._writer.changed(_LEAVE, values):
            return message_of(row)
        if (there := await self.message(message.id)) is not None:
            return there
        raise StaleHandoff("the call is over, is another's, or has as many messages as it may")

    async def move_message(
        self, message_id: MessageId, state: MessageState, *, by: Person, at: int
    ) -> Message:
        values = {"id": message_id, "state": state, "by": by, "at": at}
        return message_of(await self._writer.moved(_MOVE, values))

    async def message(self, message_id: MessageId) -> Message | None:
        return next(map(message_of, await self._read(_BY_ID, {"id": message_id})), None)

    async def messages(
        self,
        *,
        call_id: CallId | None = None,
        roles: Collection[RoleName] | None = None,
        done: bool | None = None,
        after: Cursor | None = None,
        limit: int = 1_000,
    ) -> Sequence[Message]:
        if roles is not None and not roles:
            return []
        wanted = given(after, call_id=call_id, done=done)
        named = {f"role_{number}": role for number, role in enumerate(roles or ())}
        conditions = [_WHERE[name] for name in wanted if name in _WHERE]
        if named:
            conditions.append(f"role IN ({', '.join(f':{name}' for name in named)})")
        statement = newest_first(_MESSAGE, "messages", "left_at", conditions)
        return [message_of(row) for row in await self._read(statement, {**wanted, **named, "limit": limit})]

    async def oldest_messages(self) -> Mapping[RoleName, int]:
        return {RoleName(row["role"]): row["left_at"] for row in await self._read(_OLDEST, {})}
