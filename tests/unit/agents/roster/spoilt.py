"""A roster to spoil, and the mistakes that a start finds in it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from agents.roster.roster import load_roster
from errors import BadInput

ROSTER = Path(__file__).parents[4] / "roster"
VOICES = ("autumn", "diana", "hannah", "austin", "daniel", "troy")


def without_own_tools(folder: Path) -> None:
    """Copy Baton's roster to `folder`, without the billing desk's tool."""
    shutil.copytree(ROSTER, folder, ignore=shutil.ignore_patterns("tools"))
    billing = folder / "billing.md"
    text = billing.read_text(encoding="utf-8")
    billing.write_text(re.sub(r"^tools:\n( .*\n)+", "", text, flags=re.MULTILINE), encoding="utf-8")


def complaints(folder: Path) -> list[str]:
    """Load the roster and return one line for each mistake."""
    with pytest.raises(BadInput) as refused:
        load_roster(folder, voices=VOICES)
    return str(refused.value).split("\n")


def complaint(folder: Path) -> str:
    """Load the roster and return its only mistake."""
    (line,) = complaints(folder)
    return line


def spoil(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
