"""Operators, their tokens and sessions, and who listens: `persistence.contract.operators`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from persistence.access import Listener, ListenerMode, ListenerState, Operator, Right, Rights, Session
from persistence.records import CallId
from persistence.sql.connection import Move, Row
from persistence.sql.rows import columns, listener_of
from persistence.sql.tables import Tables
from persistence.words import word_of

_OPERATOR, _SESSION, _LISTENER = columns(Operator), columns(Session), columns(Listener)

_ADD_OPERATOR = Move(
    "add_operator",
    "name",
    f"""
INSERT INTO operators ({_OPERATOR})
VALUES (:name, :rights, :token_hash, :made_at, :expires_at, :revoked_at)
ON CONFLICT DO NOTHING
RETURNING name
""",
)

_OPERATOR_OF = f"SELECT {_OPERATOR} FROM operators WHERE token_hash = :token_hash AND revoked_at IS NULL"

_OPERATORS = f"SELECT {_OPERATOR} FROM operators ORDER BY name"

_RENEW_OPERATOR = Move(
    "renew_operator",
    "name",
    """
UPDATE operators
SET rights = coalesce(:rights, rights), token_hash = :token_hash, expires_at = :expires_at
WHERE name = :name AND revoked_at IS NULL
RETURNING name
""",
)

_REVOKE_OPERATOR = Move(
    "revoke_operator",
    "name",
    "UPDATE operators SET revoked_at = :at WHERE name = :name AND revoked_at IS NULL RETURNING name",
)

_BEGIN_SESSION = Move(
    "begin_session",
    "id",
    f"""
INSERT INTO operator_sessions ({_SESSION})
VALUES (:id, :hash, :token_hash, :name, :made_at, :used_at, :ended_at, :ended_by)
RETURNING id
""",
)

_SESSION_OF = f"SELECT {_SESSION} FROM operator_sessions WHERE hash = :hash"

_SESSIONS = f"""
SELECT {_SESSION} FROM operator_sessions WHERE ended_at IS NULL AND made_at >= :since ORDER BY made_at, id
"""

_USE_SESSION = Move(
    "use_session",
    "id",
    """
UPDATE operator_sessions SET used_at = :at
WHERE id = :id AND ended_at IS NULL AND used_at < :at
RETURNING id
""",
)

_END_SESSION = Move(
    "end_session",
    "id",
    """
UPDATE operator_sessions SET ended_at = :at, ended_by = :by WHERE id = :id AND ended_at IS NULL RETURNING id
""",
)

_ADD_LISTENER = Move(
    "add_listener",
    "identity",
    """
INSERT INTO listeners (identity, call_id, name, key, state, made_at, moved_at)
SELECT :identity, :call_id, :name, :key, :state, :made_at, :moved_at
WHERE EXISTS (SELECT 1 FROM calls WHERE id = :call_id AND ended_at IS NULL)
RETURNING identity
""",
)

_LISTENERS = f"""
SELECT {_LISTENER} FROM listeners WHERE state = 'joined' OR moved_at >= :since ORDER BY made_at, identity
"""

_MOVE_LISTENER = Move(
    "move_listener",
    "identity",
    """
UPDATE listeners
SET state = :state, moved_at = :at, mode = CASE WHEN :state = 'left' THEN 'listen' ELSE mode END
WHERE identity = :identity AND state <> :state
RETURNING identity
""",
)

_LISTENERS_OF = f"""
SELECT {_LISTENER} FROM listeners WHERE call_id = :call_id AND state <> 'left' ORDER BY made_at, identity
"""

_SUPERVISE = Move(
    "supervise",
    _LISTENER,
    f"""
UPDATE listeners
SET mode = :mode, moved_at = :at
WHERE
    identity = :identity AND name = :name AND state <> 'left' AND mode <> :mode
    AND EXISTS (SELECT 1 FROM calls WHERE id = listeners.call_id AND ended_at IS NULL)
    AND (
        :mode = 'listen' OR NOT EXISTS (
            SELECT 1
            FROM listeners AS other
            WHERE
                other.call_id = listeners.call_id AND other.identity <> :identity
                AND other.mode <> 'listen'
        )
    )
RETURNING {_LISTENER}
""",
)


class SqlOperators(Tables):
    """`OperatorStore`."""

    async def add_operator(self, operator: Operator) -> bool:
        values = {**asdict(operator), "rights": _written(operator.rights)}
        return await self._writer.changed(_ADD_OPERATOR, values) is not None

    async def operator_of(self, token_hash: str) -> Operator | None:
        rows = await self._read(_OPERATOR_OF, {"token_hash": token_hash})
        return _operator(rows[0]) if rows else None

    async def operators(self) -> Sequence[Operator]:
        return [_operator(row) for row in await self._read(_OPERATORS, {})]

    async def renew_operator(
        self, name: str, *, token_hash: str, rights: Rights | None, expires_at: int | None
    ) -> bool:
        values = {
            "name": name,
            "token_hash": token_hash,
            "rights": None if rights is None else _written(rights),
            "expires_at": expires_at,
        }
        return await self._writer.changed(_RENEW_OPERATOR, values) is not None

    async def revoke_operator(self, name: str, *, at: int) -> bool:
        return await self._writer.changed(_REVOKE_OPERATOR, {"name": name, "at": at}) is not None

    async def begin_session(self, session: Session) -> None:
        await self._writer.changed(_BEGIN_SESSION, asdict(session))

    async def session_of(self, session_hash: str) -> Session | None:
        rows = await self._read(_SESSION_OF, {"hash": session_hash})
        return Session(*rows[0]) if rows else None

    async def sessions(self, *, since: int) -> Sequence[Session]:
        return [Session(*row) for row in await self._read(_SESSIONS, {"since": since})]

    async def use_session(self, session_id: str, *, at: int) -> None:
        await self._writer.changed(_USE_SESSION, {"id": session_id, "at": at})

    async def end_session(self, session_id: str, *, by: str, at: int) -> bool:
        values = {"id": session_id, "by": by, "at": at}
        return await self._writer.changed(_END_SESSION, values) is not None

    async def add_listener(self, listener: Listener) -> bool:
        return await self._writer.changed(_ADD_LISTENER, asdict(listener)) is not None

    async def listeners(self, *, since: int) -> Sequence[Listener]:
        return [listener_of(row) for row in await self._read(_LISTENERS, {"since": since})]

    async def move_listener(self, identity: str, state: ListenerState, *, at: int) -> bool:
        values = {"identity": identity, "state": state, "at": at}
        return await self._writer.changed(_MOVE_LISTENER, values) is not None

    async def listeners_of(self, call_id: CallId) -> Sequence[Listener]:
        return [listener_of(row) for row in await self._read(_LISTENERS_OF, {"call_id": call_id})]

    async def supervise(self, identity: str, mode: ListenerMode, *, name: str, at: int) -> Listener:
        values = {"identity": identity, "mode": mode, "name": name, "at": at}
        return listener_of(await self._writer.moved(_SUPERVISE, values))


def _written(rights: Rights) -> str:
    return " ".join(right for right in Right if right in rights)


def _operator(row: Row) -> Operator:
    name, rights, *others = row
    return Operator(name, frozenset(word_of(Right, word) for word in rights.split()), *others)
