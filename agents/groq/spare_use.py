"""Tracks whether a spare replaces a model now, and why. Reports each change once, for operators."""

from __future__ import annotations

from collections.abc import Callable

from agents.groq.errors import error_label
from agents.groq.livekit_errors import as_livekit_error


class SpareUse:
    """The use of one model's spare in one process. `spare` is the spare's name in a call's troubles."""

    def __init__(self, spare: str) -> None:
        self.spare = spare
        self._why = ""
        self._in_use = False
        self._tell: Callable[[str | None], None] = lambda _: None

    def failed(self, error: Exception) -> None:
        """Record why the model failed: the spare may have to serve."""
        self._why = error_label(as_livekit_error(error))

    def served(self, *, by_spare: bool) -> None:
        """Record that the spare, or the model itself, has just served."""
        if by_spare is not self._in_use:
            self._in_use = by_spare
            self._tell(self._why if by_spare else None)

    def on_change(self, tell: Callable[[str | None], None]) -> None:
        """Call `tell` on each change, with the error that made the spare serve; None: the model serves again.

        If the spare already serves, call `tell` at once.
        """
        self._tell = tell
        if self._in_use:
            tell(self._why)
