"""The project's roles with shorter lines, so that tests and benchmarks of many calls run faster."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from pathlib import Path

ROSTER = Path(__file__).parents[1] / "roster"

SHORTER: Mapping[str, Mapping[str, str]] = {
    "house.md": {
        "notice": "",
        "introduction": "I have {target} with us now.",
        "introduction_after_wait": "Thank you for waiting. I have {target} with us now.",
        "declined": "I am sorry, {target} cannot take this one.",
        "unanswered": "I am sorry, I could not reach {target}.",
        "failed": "I am sorry, something went wrong while I was getting {target}.",
        "cancelled": "So we will stay together.",
        "promise_taken_back": "I am sorry, I cannot put you through to them.",
        "on_hold": "Please stay on the line.",
        "still_on_hold": "We have not forgotten you.",
        "recovered": "Sorry, we were cut off.",
        "recovered_listening": "Sorry, we were cut off. Please say it again.",
        "goodbye": "Goodbye.",
        "silence_goodbye": "I will end the call here. Goodbye.",
        "failed_goodbye": "Something is wrong at our end. Goodbye.",
        "too_long_goodbye": "I have to end our call here. Goodbye.",
        "one_moment": "One moment.",
        "not_understood": "Could you say it again?",
        "trouble": "Pardon?",
        "trouble_offer": "Stay with me, or hang up and be called back.",
        "trouble_held": "It is not working yet.",
        "trouble_still_held": "Still nothing.",
        "trouble_over": "It works again.",
        "trouble_goodbye": "We will call you back. Goodbye.",
    },
    "front-desk.md": {
        "greeting": "Hello.",
        "opening": "The front desk here: {matter}.",
        "opening_again": "The front desk again: {matter}.",
    },
    "billing.md": {"greeting": "Hello, billing.", "opening": "The billing desk here: {matter}."},
    "technical.md": {"greeting": "Hello, technical.", "opening": "The technical desk here: {matter}."},
}
"""Replacement lines, by file and line name."""


def make_roster(folder: Path, lines: Mapping[str, Mapping[str, str]] = SHORTER) -> Path:
    """Copy the roster to `folder`, which must not exist, replace these lines, and return `folder`."""
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
