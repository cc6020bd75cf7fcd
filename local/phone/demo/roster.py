"""The demo's roles: the project's, and a role that a person plays by telephone."""

from __future__ import annotations

import shutil
from pathlib import Path

import yaml

from local.shorter_roster import ROSTER

LINE, CALLERS = "+15559999", "+15557777"
"""The number that is called, and the caller's."""
ON_CALL, TRUNK = "on-call", "main"
ANNAS = "+15550142"
ASKS = "please connect me to the engineer on call"
_PEOPLE = f"""---
people:
  - {{name: Anna, phone: "{ANNAS}"}}
---
"""
_ROLE = f"""---
role: {ON_CALL}
kind: person
name: the engineer on call
voice: hannah
people: [Anna]
rings_s: 20
phone: {{trunk: {TRUNK}, caller_id: "{LINE}"}}
---
"""


def write_roster(folder: Path) -> Path:
    """Write the roles into `folder`, replacing those of an earlier run."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ROSTER, folder)
    (folder / "people.md").write_text(_PEOPLE, encoding="utf-8")
    (folder / f"{ON_CALL}.md").write_text(_ROLE, encoding="utf-8")
    house, desk = folder / "house.md", folder / "front-desk.md"
    fields = f'---\nphone: {{prefixes: ["+1555"]}}\nnumbers: {{"{LINE}": front-desk}}\n'
    house.write_text(house.read_text("utf-8").replace("---\n", fields, 1), encoding="utf-8")
    targets = "transfers_to: ["
    desk.write_text(desk.read_text("utf-8").replace(targets, f"{targets}{ON_CALL}, ", 1), encoding="utf-8")
    return folder


def write_script(path: Path) -> Path:
    """Write the script: what the stand-in for Groq hears and answers."""
    reason = "your router does not start"
    transfer = {"name": "transfer_call", "arguments": {"target": ON_CALL, "reason": reason}}
    told = {
        "matter": reason,
        "done": "",
        "wanted": "The caller wants help at once.",
        "mood": "calm",
        "facts": [],
    }
    content = {
        "hears": "lines",
        "callers": {"demo": [{"say": ASKS}, {"say": "thank you goodbye"}]},
        "roles": {
            "front-desk": {"exchanges": [{"heard": ASKS, "call": transfer}], "otherwise": "One moment."}
        },
        "summary": [told],
        "otherwise": "One moment.",
    }
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path
