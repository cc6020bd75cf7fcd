"""Loads a roster that changes while the worker runs, for people who write one in `make dev`.

Each roster without a mistake is copied. If one has a mistake, the log says so and the last copy is used.
"""

from __future__ import annotations

import importlib
import logging
import os
import shutil
import sys
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import mkdtemp

from agents.roster.roster import Roster, load_roster
from errors import BadInput

log = logging.getLogger(__name__)

_COPIES = 5
"""How many copies are kept: a process may still read from an earlier one."""

State = frozenset[tuple[str, int, int]]
"""The path, time of writing in ns, and size of each file that makes up a roster."""


@dataclass(frozen=True, slots=True)
class ChangingRoster:
    """A roster's folder, and `copies`, the folder for its copies. All methods block."""

    folder: Path
    copies: Path
    voices: Collection[str]

    def state(self) -> State:
        """Return the files' state. A changed Markdown document counts too, and harmlessly reloads it."""
        files = (path for kind in ("*.md", "*.py") for path in self.folder.rglob(kind) if path.is_file())
        return frozenset((str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in files)

    def changed(self, before: State) -> Roster | None:
        """Return the roster as it is now, or the last one without a mistake; None if nothing has changed."""
        return None if self.state() == before else self.latest()

    def latest(self) -> Roster:
        """As `changed`, even if nothing has changed. Raises: BadInput, if no roster was without a mistake."""
        try:
            roster = self._loaded(self.folder)
        except BadInput as bad:
            if not (copies := self._copies()):
                raise
            log.warning("the changed roster is not used, but the one before", extra={"why": str(bad)})
            return self._loaded(copies[-1])
        self._keep()
        return roster

    def _loaded(self, folder: Path) -> Roster:
        """Load a roster, and run every file of its tools again, even those that others import."""
        _forget_modules(self.folder, self.copies)
        return load_roster(folder, voices=self.voices, documents=False)

    def _copies(self) -> list[Path]:
        """Return the copies, the oldest first."""
        found = self.copies.glob("roster-*") if self.copies.is_dir() else ()
        return sorted(found, key=lambda copy: copy.stat().st_mtime_ns)

    def _keep(self) -> None:
        copy = self.copies / f"roster-{sha256(repr(sorted(self.state())).encode()).hexdigest()[:16]}"
        if copy.is_dir():
            os.utime(copy)
            return
        self.copies.mkdir(parents=True, exist_ok=True)
        begun = Path(mkdtemp(prefix="begun-", dir=self.copies))
        shutil.copytree(self.folder, begun, dirs_exist_ok=True)
        with suppress(OSError):  # another process was first
            begun.rename(copy)
            os.utime(copy)
        for old in (begun, *self._copies()[:-_COPIES]):
            shutil.rmtree(old, ignore_errors=True)


def _forget_modules(*folders: Path) -> None:
    inside = [folder.resolve() for folder in folders]
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file and any(Path(file).resolve().is_relative_to(folder) for folder in inside):
            del sys.modules[name]
    importlib.invalidate_caches()
