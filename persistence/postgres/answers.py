"""Finds out whether a move whose connection was lost was made: migrations/004_two_versions.sql."""

from __future__ import annotations

import uuid
from contextlib import suppress
from dataclasses import dataclass

from psycopg import AsyncConnection, DataError, sql

from persistence.postgres.rows import ServerRow
from persistence.sql.connection import Move, Rows, Values
from persistence.sql.lost_answers import LostAnswers

_ANSWER = """
SELECT lost_answer(%(writer)s, %(move)s) AS answer, prorettype::regtype::text AS kind
FROM pg_proc
WHERE oid = %(name)s::regproc
"""
_FORGET = "DELETE FROM writers WHERE id = %(writer)s"


@dataclass(frozen=True, slots=True)
class _Asked:
    move: Move
    values: Values
    number: int


class Answers:
    """Of one connection that writes: its moves have numbers, and the last one's answer is in its row."""

    def __init__(self) -> None:
        self._writer, self._number = uuid.uuid4().hex, 0
        self._asked: _Asked | None = None
        self._lost = LostAnswers()

    def asked(self, move: Move, values: Values) -> Values:
        """The move is about to be sent. Returns the values of its statement."""
        self._number += 1
        self._asked = _Asked(move, values, self._number)
        return {**values, "writer": self._writer, "move": self._number}

    def answered(self) -> None:
        """The server has said how it went."""
        self._asked = None

    def taken(self, move: Move, values: Values) -> Rows | None:
        """The answer of a move that was made, and is now asked for again."""
        return self._lost.taken(move, values)

    async def find_out(self, connection: AsyncConnection[ServerRow]) -> None:
        """On a new connection: whether the move without an answer was made. If not, it never will be."""
        if (asked := self._asked) is None:
            return
        question = {"writer": self._writer, "move": asked.number, "name": asked.move.name}
        row = await (await connection.execute(_ANSWER, question)).fetchone()
        if row is not None and row["answer"] is not None:
            with suppress(DataError):  # a migration has added a column since: the guard will refuse the move
                rows = await connection.execute(
                    _read_again(asked.move, row["kind"]), {"answer": row["answer"]}
                )
                self._lost.keep(asked.move, asked.values, await rows.fetchall())
        self._asked = None

    async def forget(self, connection: AsyncConnection[ServerRow]) -> None:
        """The writer goes: nobody will ask."""
        if self._number:
            await connection.execute(_FORGET, {"writer": self._writer})


def _read_again(move: Move, kind: str) -> sql.Composed:
    """The columns of a kept answer, which is a row of this type."""
    statement = "SELECT {} FROM (SELECT (%(answer)s::{}).*) AS made"
    return sql.SQL(statement).format(sql.SQL(move.columns), sql.SQL(kind))


def statement_of(move: Move, *, noted: bool) -> str:
    """The call of the move's function. `noted`: it leaves its answer; then it wants `asked`'s values."""
    given = ", ".join(f"p_{name} => %({name})s" for name in move.parameters)
    noting = "WHERE note_answer(%(writer)s, %(move)s, made::text)" if noted else ""
    return f"SELECT {move.columns} FROM {move.name}({given}) AS made {noting}"
