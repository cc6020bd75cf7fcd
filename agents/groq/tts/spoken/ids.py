"""Ids, and the numbers that name something: said letter by letter, digit by digit. Pure."""

from __future__ import annotations

import re

from agents.groq.tts.spoken.counting import cardinal, grouped, number
from agents.groq.tts.spoken.places import house_number
from agents.groq.tts.spoken.rule import Match, rule
from agents.groq.tts.spoken.written_numbers import bare

_CALLED = "code|pin|password|box|extension|number|dial|call|text|version|model|port"
"""A number of three or more digits after one of these words is said digit by digit."""
_NUMBERED = (
    "order|invoice|account|ticket|case|customer|reference|booking|contract|serial|tracking|policy|card"
)
"""The same, but only from four digits on, because of "order 300 more"."""
_ROOMS = "room|suite|apartment|unit|flight|gate|zone|floor|ext"


def identifier(written: str) -> str:
    """AB-12345 → A B, one two three four five. Small numbers are said as such: A4, MP3, 5G."""
    first, *rest = parts = re.split(r"[-_/.]", written)
    if _is_word(first) and len(rest) == 1 and rest[0].isdecimal():
        return f"{first} {bare(rest[0])}"
    if len(first) == 1 and len(rest) == 1 and rest[0].isdecimal() and len(rest[0]) < 3:
        return f"{_part(first, written)} {number(rest[0])}"
    return ", ".join(_part(part, written) for part in parts if part)


def _part(part: str, whole: str) -> str:
    runs = re.findall(r"[A-Za-z]+|\d+", part)
    return " ".join(_run(run, small=whole.isalnum() and len(runs) == 2) for run in runs)


def _run(run: str, *, small: bool) -> str:
    if run.isdecimal():
        return cardinal(int(run)) if small and len(run) < 3 and not run.startswith("0") else grouped(run)
    return run if _is_word(run) else " ".join(run.upper())


def _is_word(run: str) -> bool:
    return run.isalpha() and (len(run) > 4 or (len(run) > 2 and not run.isupper()))


def _named(found: Match) -> str:
    return f"{found[1]}{grouped(found[2])}"


RULES = (
    rule(rf"\b((?:{_CALLED})s?:?\s(?:is\s)?)(\d{{3,}})(?![\w,.-]*\d)", _named, flags=re.IGNORECASE),
    rule(
        rf"\b((?:{_ROOMS})\s)(\d{{3,}})(?![\w,.-]*\d)",
        lambda m: m[1] + house_number(m[2]),
        flags=re.IGNORECASE,
    ),
    rule(rf"\b((?:{_NUMBERED})s?:?\s(?:is\s)?)(\d{{4,}})(?![\w,.-]*\d)", _named, flags=re.IGNORECASE),
    rule(r"(?<=\bnumber\s)(\d{3,})(?![\w,.-]*\d)", lambda m: grouped(m[1])),
    rule(r"(?<![\w.,-])\d+(?:-\d+){2,}(?![\w-])", lambda m: ", ".join(map(grouped, m[0].split("-")))),
    rule(
        r"(?<![\w.,'’-])(?=[\w/-]{0,80}\d)(?=[\w/-]{0,80}[A-Za-z])[A-Za-z\d]+(?:[-_/](?=[A-Z\d]+\b|[a-z]*\d)[A-Za-z\d]+)*(?!\w|['’][a-z])",
        lambda m: identifier(m[0]),
    ),
)
