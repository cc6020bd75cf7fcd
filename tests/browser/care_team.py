"""A role that a person plays, for the desk's tests."""

from __future__ import annotations

from pathlib import Path

PERSON, ROLE = "Mia", "care"
COLLEAGUE, COLLEAGUES = "Ida", "second-line"

_PEOPLE = f"""---
people:
  - {{name: {PERSON}}}
  - {{name: {COLLEAGUE}}}
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
_COLLEAGUES = f"""---
role: {COLLEAGUES}
name: the second line
voice: austin
kind: person
people: [{COLLEAGUE}]
---
"""


def write_care_team(folder: Path) -> None:
    """Add the role and its colleagues to a roster. The front desk hands over to it, and introduces it."""
    (folder / "people.md").write_text(_PEOPLE, encoding="utf-8")
    (folder / f"{ROLE}.md").write_text(_CARE, encoding="utf-8")
    (folder / f"{COLLEAGUES}.md").write_text(_COLLEAGUES, encoding="utf-8")
    first = folder / "front-desk.md"
    written = first.read_text(encoding="utf-8")
    targets = "transfers_to: [billing, technical"
    assert targets in written
    wanted = f"introduction: full\n{targets}, {ROLE}"  # the last one tried
    first.write_text(written.replace(targets, wanted), encoding="utf-8")
