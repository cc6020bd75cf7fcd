"""What the demo shows while it runs: steps with their times, under a spinner where there is a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from rich.console import Console
from rich.text import Text


class Progress:
    """A step is a line: seconds since the start, and what has happened."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._started_s = monotonic()

    def step(self, what: str) -> None:
        line = Text.assemble((f"{monotonic() - self._started_s:6.1f} s  ", "dim"), what)
        self._console.print(line, soft_wrap=True)

    def note(self, what: str, style: str = "bold") -> None:
        """A line without a time."""
        self._console.print(Text(what, style=style), soft_wrap=True)

    @contextmanager
    def waiting(self, what: str) -> Iterator[None]:
        """Turn a spinner while the block runs; steps go on above it. Where output is piped there is none."""
        if not self._console.is_terminal:
            yield
            return
        with self._console.status(what):
            yield
