"""The project's roles with shorter lines, so that tests and benchmarks of many calls run faster."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from pathlib import Path

ROSTER = Path(__file__).parents[1] / "roster"

SHORTER: Mapping[str, Mapping[str, str]] = {
    "house.md": {
        "introduction": "I have {target} with us now.",
        "introduction_after_wait": "Thank you for waiting. I have {target} with us now.",
        "declined": "I am sorry, {target} cannot take this one.",
    },
    "front-desk.md": {
        "greeting": "Hello, how can I help you?",
        "opening": "This is the front desk. I understand that {matter}.",
        "opening_again": "You are back at the front desk. I understand that {matter}.",
    },
    "billing.md": {"opening": "This is the billing desk. I understand that {matter}."},
    "technical.md": {"opening": "This is the technical desk. I understand that {matter}."},
}
"""Replacement lines, by file and line name."""


def make_roster(folder: Path, lines: Mapping[str, Mapping[str, str]] = SHORTER) -> Path:
    """Copy the roster to `folder`, which must not exist, and replace these lines; returns `folder`."""
    shutil.copytree(ROSTER, folder)
    for name, shorter in lines.items():
        file = folder / name
        text = file.read_text(encoding="utf-8")
        for line, words in shorter.items():
            text, found = re.subn(rf'^( *{line}): ".*"$', rf'\1: "{words}"', text, flags=re.MULTILINE)
            if found != 1:
                raise ValueError(f"{file}: {found} lines named {line}")
        file.write_text(text, encoding="utf-8")
    return folder
