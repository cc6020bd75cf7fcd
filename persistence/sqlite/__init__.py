"""The store on SQLite: one machine, many processes. aiosqlite keeps waits for the disk off the event loop."""

from persistence.sqlite.moves import SqliteStore, open_store
from persistence.sqlite.reads import SqliteReader, open_reader

__all__ = ["SqliteReader", "SqliteStore", "open_reader", "open_store"]
