"""Logs a step that repeats every second: once when it starts to fail, once when it works again."""

from __future__ import annotations

import logging


class OutageLog:
    """However long a server is away, its outage is two records."""

    def __init__(self, log: logging.Logger, failing: str) -> None:
        """`failing`: the static text of the record."""
        self._log, self._failing = log, failing
        self._away = False

    def failed(self, error: Exception) -> None:
        if not self._away:
            self._log.warning(self._failing, extra={"error": str(error)})
        self._away = True

    def worked(self) -> None:
        if self._away:
            self._log.info("works again", extra={"after": self._failing})
        self._away = False
