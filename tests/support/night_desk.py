"""The roster of most tests with a stack: the project's own roles with shorter lines, and a night desk."""

from __future__ import annotations

from pathlib import Path

from local import shorter_roster

NIGHT_DESK = """---
role: night-desk
name: the night desk
voice: autumn
greeting: "Good evening."
opening: "The night desk here: {matter}."
transfers_to: [technical]
introduction: full
---
You are the night desk: when a caller needs technical, hand over.
"""
"""A role with a single target: if that target declines, none is left. The night desk introduces its
target."""


def make_roster(folder: Path) -> None:
    """Writes the project's own roles, with shorter lines, and the night desk into `folder`."""
    shorter_roster.make_roster(folder)
    (folder / "night-desk.md").write_text(NIGHT_DESK, encoding="utf-8")
