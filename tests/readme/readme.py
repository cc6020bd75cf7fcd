"""README's commands, read from the file itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).parents[2]
README = PROJECT / "README.md"
_BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_DISPATCH = re.compile(r"dispatch the agent `(\S+)` with the metadata `(\{.*?\})`")


@dataclass(frozen=True, slots=True)
class Command:
    """One line of a block: the command, and the comment after it."""

    line: str
    comment: str

    @property
    def settings(self) -> list[str]:
        """The variables that the comment names."""
        return re.findall(r"\b[A-Z]+(?:_[A-Z]+)+\b", self.comment)


def commands() -> Iterator[Command]:
    """Every line of every block that is marked as shell, in order."""
    for block in _BLOCK.findall(README.read_text(encoding="utf-8")):
        for written in block.splitlines():
            line, _, comment = written.partition(" # ")
            if line.strip():
                yield Command(line.strip(), comment.strip())


def dispatch() -> tuple[str, str]:
    """Return the agent's name and the metadata that README puts in callers' tokens."""
    (found,) = _DISPATCH.findall(README.read_text(encoding="utf-8"))
    name, metadata = found
    return name, metadata
