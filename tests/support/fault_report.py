"""What a test tells of its fault, beside passing: what the caller heard of it. `make faults` shows it.

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
"""Names of a report's properties; bench/faults reads them."""


class FaultReport:
    """Of one test. `record` keeps a property in the test's report; without it nothing is measured."""

    def __init__(self, record: Callable[[str, object], None] | None) -> None:
        self._record = record
        self._struck: tuple[float, str] | None = None

    def strikes(self, what: str) -> None:
        """The fault happens now, in the one call that goes on; `what` is what dies, such as holder or target.

        Silences of holders and targets, and of `bare` dispatches, are what the recovery ratio is made of.
        """
        self._struck = time.monotonic(), what

    def silence(self, what: str, silence_ms: int) -> None:
        """A silence that the test measured by itself, after the fault `what`."""
        if self._record is not None:
            self._record(SILENCE, (what, silence_ms))

    def call(self, stack: Stack, room: str, caller: Caller) -> None:
        """What a caller heard of a call that is over, or as good as over."""
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
    """Whatever is heard meanwhile belongs to this test."""
    _running.append(report)
    try:
        yield report
    finally:
        _running.remove(report)


def tell_of_call(stack: Stack, room: str, caller: Caller) -> None:
    """Where a fixture that outlives a test makes the call, nobody is told."""
    if _running:
        _running[-1].call(stack, room, caller)


def strikes(what: str) -> None:
    """As the report's own method, for whoever has none at hand."""
    if _running:
        _running[-1].strikes(what)
