"""Adds a role that people play, and the people, to the roster of tests and benchmarks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

ROLE = "care"

_FRONT = "front-desk.md"
_TARGETS = "transfers_to: [billing, technical"


def write_care_team(folder: Path, people: Sequence[str], *, rings_s: float, otherwise: str = "") -> None:
    """Add the role and its people to a roster, and let the front desk hand over to it.

    `otherwise`: what happens to a caller that no person takes; empty: the front desk has the caller again.
    """
    names = "\n".join(f"  - {{name: {name}}}" for name in people)
    (folder / "people.md").write_text(f"---\npeople:\n{names}\n---\n", encoding="utf-8")
    role = f"""---
role: {ROLE}
name: our care team
voice: autumn
kind: person
people: [{", ".join(people)}]
rings_s: {rings_s:g}
transfers_to: [front-desk]
{f"otherwise: {otherwise}" if otherwise else ""}
---
"""
    (folder / f"{ROLE}.md").write_text(role, encoding="utf-8")
    written = (folder / _FRONT).read_text(encoding="utf-8")
    if _TARGETS not in written:
        raise ValueError(f"{folder / _FRONT}: no line begins with {_TARGETS}")
    with_role = written.replace(_TARGETS, f"{_TARGETS}, {ROLE}")  # the last one tried
    (folder / _FRONT).write_text(with_role, encoding="utf-8")
