"""Operators and their tokens: `persistence.contract.operators`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from persistence.records import Operator
from persistence.sqlite.rows import columns, operator_of
from persistence.sqlite.tables import Tables

_OPERATOR = columns(Operator)

_ADD_OPERATOR = f"""
INSERT INTO operators ({_OPERATOR})
VALUES (:name, :role, :token_hash, :made_at, :revoked_at)
ON CONFLICT DO NOTHING
RETURNING name
"""

_OPERATOR_OF = f"SELECT {_OPERATOR} FROM operators WHERE token_hash = :token_hash AND revoked_at IS NULL"

_OPERATORS = f"SELECT {_OPERATOR} FROM operators ORDER BY name"

_REVOKE_OPERATOR = (
    "UPDATE operators SET revoked_at = :at WHERE name = :name AND revoked_at IS NULL RETURNING name"
)


class SqliteOperators(Tables):
    """`OperatorStore`."""

    async def add_operator(self, operator: Operator) -> bool:
        return await self._writer.changed(_ADD_OPERATOR, asdict(operator)) is not None

    async def operator_of(self, token_hash: str) -> Operator | None:
        rows = await self._read(_OPERATOR_OF, {"token_hash": token_hash})
        return operator_of(rows[0]) if rows else None

    async def operators(self) -> Sequence[Operator]:
        return [operator_of(row) for row in await self._read(_OPERATORS, {})]

    async def revoke_operator(self, name: str, *, at: int) -> bool:
        return await self._writer.changed(_REVOKE_OPERATOR, {"name": name, "at": at}) is not None
