"""The answers of moves whose connection was lost before they arrived."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable

from persistence.sql.connection import Move, Rows, Values

KEPT_S = 30.0
"""Longer than the time between two tries. After that, an equal move counts as a new one and is made."""


class LostAnswers:
    """A repeated move gets the answer of the first time, once: the move is not made again.

    Without it the move's own guard would refuse it, because the row has moved on. A move is the same if all
    its values are.
    """

    def __init__(self) -> None:
        self._kept: dict[Hashable, tuple[float, Rows]] = {}

    def keep(self, move: Move, values: Values, rows: Rows, *, of: Hashable = None) -> None:
        """`of`: the database that made it, where a connection may lead to several."""
        self._kept[_key(move, values, of)] = (asyncio.get_running_loop().time() + KEPT_S, rows)

    def taken(self, move: Move, values: Values, *, of: Hashable = None) -> Rows | None:
        """Its answer, if it was made before. None: it has to be made."""
        if not self._kept:
            return None
        now = asyncio.get_running_loop().time()
        self._kept = {key: kept for key, kept in self._kept.items() if kept[0] > now}
        _, rows = self._kept.pop(_key(move, values, of), (now, None))
        return rows


def _key(move: Move, values: Values, of: Hashable) -> Hashable:
    return (of, move.name, *(values[name] for name in move.parameters))
