"""Shows the demo's steps with their times, and a spinner if the output is a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from rich.console import Console
from rich.text import Text


class Progress:
    """Prints one line a step: the seconds since the start, and what has happened."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._started_s = monotonic()

    def step(self, what: str) -> None:
        line = Text.assemble((f"{monotonic() - self._started_s:6.1f} s  ", "dim"), what)
        self._console.print(line, soft_wrap=True)

    def note(self, what: str, style: str = "bold") -> None:
        """Print a line without a time."""
        self._console.print(Text(what, style=style), soft_wrap=True)

    @contextmanager
    def waiting(self, what: str) -> Iterator[None]:
        """Show a spinner while the block runs, with the steps above it. Piped output gets no spinner."""
        if not self._console.is_terminal:
            yield
            return
        with self._console.status(what):
            yield
