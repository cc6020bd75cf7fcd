"""What the caller heard after a test's fault. `make faults` shows it with the result.

Callers of `conversation` and `place` are reported automatically. A test reports when the fault struck, so
that earlier silence is not counted, and the silences that it measured itself.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from local.caller.caller import Caller
from local.measure.caller_experience import length_ms, longest_wait, talking_at_once
from local.stack import Stack
from transfer.protocol import is_agents

CALL = "fault.call"
SILENCE = "fault.silence_ms"
"""The names of properties in a test's report, which bench/faults reads."""


class FaultReport:
    """One test's report. `record` adds a property to pytest's report; if it is None, nothing is measured."""

    def __init__(self, record: Callable[[str, object], None] | None) -> None:
        self._record = record
        self._struck: tuple[float, str] | None = None

    def strikes(self, what: str) -> None:
        """Marks the fault's moment in the running call; `what` names what dies, such as holder or target.

        The recovery ratio is computed from the silences of holders and targets, and those of `bare`
        dispatches.
        """
        self._struck = time.monotonic(), what

    def silence(self, what: str, silence_ms: int) -> None:
        """Adds a silence, in ms, that the test itself measured after the fault `what`."""
        if self._record is not None:
            self._record(SILENCE, (what, silence_ms))

    def call(self, stack: Stack, room: str, caller: Caller) -> None:
        """Adds what a caller heard in a call that has ended or is about to end."""
        struck_s, what = self._struck or (0.0, "")
        self._struck = None
        if self._record is None:
            return
        since_ms = caller.now_ms - round((time.monotonic() - struck_s) * 1000)
        voices = {who: caller.sounds(who) for who in caller.speakers() if is_agents(who)}
        wait = longest_wait(
            caller.said_sounds(),
            [span for spans in voices.values() for span in spans],
            caller.sounds(music=True),
            since_ms=max(0, since_ms),
        )
        self._record(
            CALL,
            {
                "what": what,
                "silence_ms": length_ms(wait),
                "at_once": [(span.start_ms, span.end_ms) for span in talking_at_once(voices)],
                "room": room,
                "store": stack.store,
                "groups": list(stack.groups),
            },
        )


_running: list[FaultReport] = []


@contextmanager
def telling(report: FaultReport) -> Iterator[FaultReport]:
    """Attributes to this test what callers hear while the block lasts."""
    _running.append(report)
    try:
        yield report
    finally:
        _running.remove(report)


def tell_of_call(stack: Stack, room: str, caller: Caller) -> None:
    """Adds a call to the running test's report. A call made by a session fixture belongs to no test."""
    if _running:
        _running[-1].call(stack, room, caller)


def strikes(what: str) -> None:
    """Marks the fault in the running test's report, for helpers that are not given the report."""
    if _running:
        _running[-1].strikes(what)
