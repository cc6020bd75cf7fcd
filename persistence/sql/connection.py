"""What the aggregates need of a database: rows, statements that only read, and moves by their names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

Values = Mapping[str, object]
"""The values of named parameters: text, integers, booleans or None. A statement takes those that it names."""

_PARAMETER = re.compile(r"(?<![:\w]):([a-z]\w*)")


class Row(Protocol):
    """One row: its values by place, by name, and in order."""

    def __getitem__(self, place: int | str, /) -> Any: ...

    def __iter__(self) -> Iterator[Any]: ...

    def keys(self) -> Iterable[str]: ...


Rows = Iterable[Row]


@dataclass(frozen=True)
class Move:
    """One guarded write.

    SQLite has one writer at a time, so the statement `sqlite` is the whole move. Postgres has a function
    `name` with the same parameters (`persistence/postgres/migrations`): it locks the call's row first, and
    then does the same. tests/contract runs on both.
    """

    name: str
    columns: str
    """The columns of the written row that the move returns."""
    sqlite: str

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        return parameters(self.sqlite)


def parameters(statement: str) -> tuple[str, ...]:
    """The names of a statement's parameters, each once, in order."""
    return tuple(dict.fromkeys(_PARAMETER.findall(statement)))


def with_parameters(statement: str, written: str) -> str:
    r"""The statement with its parameters written another way, such as `%(\\1)s`."""
    return _PARAMETER.sub(written, statement)


class Connection(Protocol):
    """Runs one statement at a time."""

    async def run(self, statement: str, values: Values) -> Rows:
        """Raises: StoreError."""
        ...

    async def move(self, move: Move, values: Values) -> Rows:
        """The row that was written, or none. Raises: StoreError."""
        ...
