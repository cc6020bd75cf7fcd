"""A role that a person plays, for the tests of the desk."""

from __future__ import annotations

from pathlib import Path

PERSON, ROLE = "Mia", "care"

_PEOPLE = f"""---
people:
  - {{name: {PERSON}}}
---
"""
_CARE = f"""---
role: {ROLE}
name: our care team
voice: autumn
kind: person
people: [{PERSON}]
rings_s: 60
transfers_to: [front-desk]
codes: [solved, to be continued]
wrap_up: required
---
"""


def write_care_team(folder: Path) -> None:
    """Add the role to a roster, and let the front desk hand over to it."""
    (folder / "people.md").write_text(_PEOPLE, encoding="utf-8")
    (folder / f"{ROLE}.md").write_text(_CARE, encoding="utf-8")
    first = folder / "front-desk.md"
    written = first.read_text(encoding="utf-8")
    targets = "transfers_to: [billing, technical"
    assert targets in written
    first.write_text(written.replace(targets, f"{targets}, {ROLE}"), encoding="utf-8")  # the last one tried
