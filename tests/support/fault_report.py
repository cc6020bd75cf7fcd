"""What the caller heard of a test's fault. `make faults` shows it beside the result.

Every caller of `conversation` and `place` is told of by itself. A test says when the fault struck, so that
silence from before is not counted, and what silences it measured by other means.
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
"""Names of the properties in a test's report; bench/faults reads them."""


class FaultReport:
    """Belongs to one test. `record` adds a property to the test's report; without it nothing is measured."""

    def __init__(self, record: Callable[[str, object], None] | None) -> None:
        self._record = record
        self._struck: tuple[float, str] | None = None

    def strikes(self, what: str) -> None:
        """Marks the fault's moment in the running call; `what` names what dies, such as holder or target.

        Silences of holders and targets, and of `bare` dispatches, are what the recovery ratio is made of.
        """
        self._struck = time.monotonic(), what

    def silence(self, what: str, silence_ms: int) -> None:
        """Adds a silence, in ms, that the test itself measured after the fault `what`."""
        if self._record is not None:
            self._record(SILENCE, (what, silence_ms))

    def call(self, stack: Stack, room: str, caller: Caller) -> None:
        """Adds what a caller heard of a call that has ended or is about to end."""
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
