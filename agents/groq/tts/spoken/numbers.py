"""Decades, ordinals, ranges, and every number that is left. Pure."""

from __future__ import annotations

from agents.groq.tts.spoken.counting import cardinal, grouped, number, ordinal, year
from agents.groq.tts.spoken.ids import identifier
from agents.groq.tts.spoken.rule import Match, after, before, rule
from agents.groq.tts.spoken.written_numbers import MINUS, MOST_DIGITS, START, TO, N, bare


def _range(found: Match) -> str:
    first, last = found[1], found[2]
    if len(last) > 2 and last.startswith("0") and "." not in last:
        return f"{grouped(first)}, {grouped(last)}"  # a number that names something
    if len(first) == 4 and len(last) == 2 and "1900" <= first <= "2099":
        return f"{year(int(first))} to {cardinal(int(last))}"
    return f"{bare(first)} to {bare(last)}"


def _decade(found: Match) -> str:
    century, tens = int(found[1]), int(found[2])
    return f"{cardinal(century)} {_tens(tens)}" if tens else f"{_hundreds(century)}s"


def _tens(value: int) -> str:
    return f"{cardinal(value)[:-1]}ies"


def _hundreds(century: int) -> str:
    return f"{cardinal(century // 10)} thousand" if century % 10 == 0 else f"{cardinal(century)} hundred"


def _apart(found: Match) -> str:
    """Say any number that is left, with a space between it and an adjacent letter."""
    said = f"minus {bare(found[0][1:])}" if found[0][0] in "-−" else bare(found[0])
    beside = before(found)[-1:], after(found)[:1]
    return f"{' ' * beside[0].isalpha()}{said}{' ' * beside[1].isalpha()}"


BEFORE_MEASURES = (
    rule(rf"\d{{{MOST_DIGITS + 1},}}", lambda m: grouped(m[0])),
    rule(r"#\s?(?=[A-Z\d])", lambda _: "number "),
    rule(r"\b([CF])#(?!\w)", lambda m: f"{m[1]} sharp"),
    rule(r"\b(Q[1-4]|FY|H[12])['’](\d\d)\b", lambda m: f"{identifier(m[1])} {cardinal(int(m[2]))}"),
    rule(r"(?<![\w.,])(1[1-9]|20)(\d0)['’]?s\b", _decade),
    rule(
        r"(?<=\b[Tt]he\s)['’‘]?([2-9]0)['’]?s\b|(?<!\w)['’‘]([2-9]0)s\b", lambda m: _tens(int(m[1] or m[2]))
    ),
)
"""For numbers that would be taken for measures: the '90s are not seconds."""

ORDINALS = (
    rule(r"(?<![\w.,])(\d+)(?:st|nd|rd|th)\b", lambda m: ordinal(int(m[1]))),
    rule(r"(?<!\w)['’‘](\d\d)(?![\w'’])", lambda m: cardinal(int(m[1]))),
)

RULES = (
    rule(r"(?<![\w.,])(\d+),(\d{1,2})(?![\w,]|\.\d)", lambda m: number(f"{m[1]}.{m[2]}")),
    rule(rf"{START}({N}){TO}({N})(?![\w-]|[.,]\d)", _range),
    rule(r"(?<![\w.,])(\d+)-(?=[A-Za-z])", lambda m: f"{bare(m[1])}-"),
    rule(r"(?<=[A-Za-z])-(\d+)(?![\w-]|[.,]\d)", lambda m: f" {bare(m[1])}"),
    rule(
        r"\b(in|since|of|year|from|by|until)\s(1[0-8]\d\d)(?![\w,.-]*\d)(?!\s(?:people|customers|meters|of)\b)",
        lambda m: f"{m[1]} {year(int(m[2]))}",
    ),
    rule(rf"{MINUS}{N}", _apart),
)
