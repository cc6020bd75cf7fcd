"""Records a call's model errors through the process's write queue, so that the call never waits."""

from __future__ import annotations

from functools import partial

from agents.groq.errors import OF_THE_ACCOUNT
from persistence.contract.calls import CallStore
from persistence.records import CallId, Trouble
from persistence.write_queue import WriteQueue
from transfer.ports import Clock


class TroubleLog:
    """One call's troubles."""

    def __init__(self, store: CallStore, call_id: CallId, clock: Clock, write_queue: WriteQueue) -> None:
        self._store, self._call_id, self._clock, self._write_queue = store, call_id, clock, write_queue
        self._told: set[tuple[str, str]] = set()

    def record(self, part: str, error: str) -> None:
        """`part` is chat, hearing or speaking; `error` is a status code, a fault, or an exception's name.

        A fault of the account does not pass by itself, so it is recorded once.
        """
        if error in OF_THE_ACCOUNT:
            if (part, error) in self._told:
                return
            self._told.add((part, error))
        trouble = Trouble(self._call_id, part, error, self._clock.now_ms())
        self._write_queue.enqueue(partial(self._store.note_trouble, trouble))
