"""The catalogue of faults: the rows of docs/faults.md. Pure except for reading the file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from errors import BadInput

CATALOGUE = Path(__file__).parents[2] / "docs" / "faults.md"

_ROW = re.compile(r"^\| ([A-Z]\d+[a-z]?) \| (.+?) \| (.+?) \|$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Row:
    """One fault: its number, what goes wrong, and what must happen."""

    id: str
    fault: str
    must: str


def rows(text: str) -> Sequence[Row]:
    """Return all rows, in the catalogue's order."""
    return [Row(*found) for found in _ROW.findall(text)]


def catalogue() -> Sequence[Row]:
    return rows(CATALOGUE.read_text(encoding="utf-8"))


def chosen(all_rows: Sequence[Row], only: Iterable[str]) -> Sequence[Row]:
    """Return the rows with these numbers, or all if none is given. Raises: BadInput."""
    wanted = {number.strip().lower() for number in only if number.strip()}
    unknown = sorted(wanted - {row.id.lower() for row in all_rows})
    if unknown:
        raise BadInput(
            f"ONLY={','.join(unknown)}", "is no row of docs/faults.md", "name rows such as A6 or A6,C3"
        )
    return [row for row in all_rows if not wanted or row.id.lower() in wanted]
