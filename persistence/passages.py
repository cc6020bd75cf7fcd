"""An index of passages of text, in a separate file: SQLite's FTS5, which ranks by bm25 and needs no model.

The file is written once, takes its name only when it is whole, and is never changed: any number of processes
read it at the same time, and share its pages in memory. Everything here blocks: call it in a thread.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import astuple, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from errors import StoreUnusable

_SCHEMA = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE passages (number INTEGER PRIMARY KEY, source TEXT, heading TEXT, text TEXT, line INTEGER);
CREATE TABLE about (synonyms TEXT);
CREATE VIRTUAL TABLE words USING fts5 (
    heading, around, body, content = '', tokenize = 'porter unicode61 remove_diacritics 2'
);
"""
_SCORES = """
SELECT rowid, -bm25(words, 3.0, 1.0, 1.0) AS score
FROM words
WHERE words MATCH :match
ORDER BY score DESC, rowid
LIMIT :limit
"""
"""A word of the passage's own heading counts three times."""

_PASSAGE = "SELECT source, heading, text, line FROM passages WHERE number = :number"


@dataclass(frozen=True, slots=True)
class Passage:
    """`source`: the file; `heading`: the headings above it, from the top; `line`: its first, from 1."""

    source: str
    heading: str
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Searched:
    """The words by which a passage is found: of its heading, of what stands around it, and of its text."""

    heading: str
    around: str
    body: str


class PassageIndex:
    """An open index. Passages have numbers from 1, in the order in which they were written."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def scores(self, match: str, *, limit: int) -> Mapping[int, float]:
        """How well passages fit `match`, an expression of FTS5: the best ones, by number."""
        return dict(self._connection.execute(_SCORES, {"match": match, "limit": limit}).fetchall())

    @property
    def synonyms(self) -> str:
        """The folder's own, as they were written."""
        return str(self._connection.execute("SELECT synonyms FROM about").fetchone()[0])

    def passage(self, number: int) -> Passage | None:
        row = self._connection.execute(_PASSAGE, {"number": number}).fetchone()
        return Passage(*row) if row else None


def write_index(path: Path, passages: Sequence[tuple[Passage, Searched]], synonyms: str) -> None:
    """Write a whole index, in place of any that is there. Raises: StoreUnusable."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=path.parent, prefix=".new-") as folder:
            new = Path(folder) / path.name
            with closing(sqlite3.connect(new)) as connection:
                _fill(connection, passages, synonyms)
            new.replace(path)
    except (OSError, sqlite3.Error) as error:
        raise StoreUnusable(f"the index {path} cannot be written: {error}") from error


def _fill(
    connection: sqlite3.Connection, passages: Iterable[tuple[Passage, Searched]], synonyms: str
) -> None:
    connection.executescript(_SCHEMA)
    connection.execute("INSERT INTO about VALUES (?)", (synonyms,))
    for number, (passage, searched) in enumerate(passages, start=1):
        connection.execute("INSERT INTO passages VALUES (?, ?, ?, ?, ?)", (number, *astuple(passage)))
        connection.execute(
            "INSERT INTO words (rowid, heading, around, body) VALUES (?, ?, ?, ?)",
            (number, *astuple(searched)),
        )
    connection.execute("INSERT INTO words (words) VALUES ('optimize')")
    connection.commit()


@contextmanager
def open_index(path: Path) -> Iterator[PassageIndex]:
    """Open it for one search. Raises: StoreUnusable, also for what goes wrong inside the block."""
    # Immutable: nobody changes the file, so there is nothing to lock, and nothing to look for beside it.
    address = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(address, uri=True)) as connection:
            yield PassageIndex(connection)
    except sqlite3.Error as error:
        raise StoreUnusable(f"the index {path} cannot be read: {error}") from error
