"""A role whose people are called by telephone, for a roster of tests."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

ON_CALL, TRUNK, CALLER_ID = "on-call", "main", "+4930998877"
ANNA, BEN = "Anna", "Ben"
ANNAS, BENS = "+4930123456", "+4930654321"
PREFIXES = ("+4930", "+1555")

PEOPLE = f"""\
---
people:
  - {{name: {ANNA}, groups: [on-call], phone: "{ANNAS}"}}
  - name: {BEN}
    groups: [on-call]
    phone: {{number: "{BENS}", keys: "ww12#", hours: {{zone: Europe/Berlin, open: ["mon-fri 08:00-18:00"]}}}}
  - {{name: Cleo}}
---
"""
ROLE = f"""\
---
role: {ON_CALL}
kind: person
name: the engineer on call
voice: hannah
people: [on-call]
rings_s: 20
phone: {{trunk: {TRUNK}, caller_id: "{CALLER_ID}"}}
otherwise: billing
---
"""


def add_on_call(
    folder: Path, *, people: str = PEOPLE, role: str = ROLE, prefixes: Sequence[str] = PREFIXES
) -> None:
    """Add the role to a roster, and let house.md allow its numbers."""
    (folder / "people.md").write_text(people, encoding="utf-8")
    (folder / f"{ON_CALL}.md").write_text(role, encoding="utf-8")
    house, allowed = folder / "house.md", ", ".join(f'"{prefix}"' for prefix in prefixes)
    written = house.read_text(encoding="utf-8")
    fields = f"---\nphone: {{prefixes: [{allowed}]}}\n"
    house.write_text(written.replace("---\n", fields, 1), encoding="utf-8")
