"""A row as psycopg hands it over."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from psycopg import AsyncCursor


class ServerRow:
    """`persistence.sql.connection.Row`."""

    __slots__ = ("_places", "_values")

    def __init__(self, places: Mapping[str, int], values: Sequence[Any]) -> None:
        self._places, self._values = places, values

    def __getitem__(self, place: int | str) -> Any:
        return self._values[self._places[place] if isinstance(place, str) else place]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._values)

    def keys(self) -> Iterable[str]:
        return self._places


def rows(cursor: AsyncCursor[Any]) -> Callable[[Sequence[Any]], ServerRow]:
    places = {column.name: place for place, column in enumerate(cursor.description or ())}
    return lambda values: ServerRow(places, values)
