"""Baton's own service, whole, as `baton serve` makes it; only its write of a new handoff is timed."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI
from operators.api.app import make_app as make_service

from bench.loop.tape import Tape
from persistence.records import Handoff
from persistence.sqlite.moves import SqliteStore
from settings import Settings


def make_app(path: Path, tape: Tape) -> FastAPI:
    """`path` is what BATON_STORE_PATH names; all other settings come from the environment as well."""
    settings = Settings()
    assert settings.worker.store_path == path
    _time_writes(tape)
    return make_service(settings)


def _time_writes(tape: Tape) -> None:
    write = SqliteStore.request_handoff

    async def timed(self: SqliteStore, handoff: Handoff, *, at_most: int) -> Handoff:
        with tape.write():
            return await write(self, handoff, at_most=at_most)

    SqliteStore.request_handoff = timed  # type: ignore[method-assign] # the one place where all starts go through
