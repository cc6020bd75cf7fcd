"""Baton's own service, served as `baton serve` does; its heart beats, and its write of a handoff is timed."""

from __future__ import annotations

from collections.abc import Callable

from bench.loop.heartbeat import with_heartbeat
from bench.loop.tape import Tape
from operators.api import server as serving
from operators.api.app import Service
from operators.api.app import make_app as make_service
from persistence.records import Handoff
from persistence.sqlite.store import SqliteStore
from settings import Settings
from transfer.ports import Clock


async def serve(tape: Tape, listening: Callable[[], None]) -> None:
    """All settings come from the environment, as for `baton serve`."""
    _time_writes(tape)

    def make_app(settings: Settings, clock: Clock | None = None) -> Service:
        return with_heartbeat(make_service(settings, clock), tape)

    serving.make_app = make_app  # type: ignore[attr-defined] # where `serve` finds it
    await serving.serve(Settings(), lambda _: listening())


def _time_writes(tape: Tape) -> None:
    write = SqliteStore.request_handoff

    async def timed(self: SqliteStore, handoff: Handoff, *, at_most: int) -> Handoff:
        with tape.write():
            return await write(self, handoff, at_most=at_most)

    SqliteStore.request_handoff = timed  # type: ignore[method-assign, assignment] # all starts go through it
