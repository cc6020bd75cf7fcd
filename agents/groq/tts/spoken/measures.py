"""Sums, fractions, measures, percentages. Pure."""

from __future__ import annotations

import re
import unicodedata

from agents.groq.tts.spoken.counting import cardinal, digits, fraction, number, plural
from agents.groq.tts.spoken.rule import Match, after, any_of, describes, rule
from agents.groq.tts.spoken.units import BARE, EACH, UNITS
from agents.groq.tts.spoken.written_numbers import MINUS, START, TO, N, signed

_SCALES = {"k": "thousand", "K": "thousand", "M": "million", "bn": "billion"}
_FRACTIONS = "½⅓⅔¼¾⅛⅜⅝⅞⅕⅖⅗⅘⅙⅚"
_OPERATORS = {"+": "plus", "-": "minus", "−": "minus", "–": "minus", "*": "times", "×": "times", "x": "times"}
_OPERATORS |= {"/": "divided by", "÷": "divided by", "=": "equals"}


def _measure(found: Match) -> str:
    unit = UNITS[re.sub(r"\s", " ", found["unit"])]
    one = found["n"] in {"1", "-1", "−1"} and not found["low"]
    said = plural(unit, one=one or found["by"] == "-" or describes(found) or _stands_before(found))
    if each := found["each"]:
        said += f" per {EACH[each]}"
    return f"{_low(found)}{signed(found['n'])} {said}"


def _stands_before(found: Match) -> bool:
    """Whether the unit stands before a noun, as in: a 27" monitor."""
    return found["unit"] in {"″"} and re.match(r"\s[a-z]", after(found)) is not None


def _low(found: Match) -> str:
    return f"{signed(found['low'])} to " if found["low"] else ""


def _fraction(found: Match) -> str:
    whole, above, below = found["whole"], int(found["above"]), int(found["below"])
    if below == 0 or below > 100 or above > below or (below > 10 and below not in {12, 16, 20, 32, 64, 100}):
        return f"{_low_whole(whole)}{cardinal(above)} slash {below}"  # a unit may follow
    if above == below or re.match(r"\s(?:stars?|rating|points)\b", after(found)):
        return f"{_low_whole(whole)}{cardinal(above)} out of {cardinal(below)}"
    if not whole:
        return fraction(above, below)
    return _mixed(whole, above, below)


def _low_whole(whole: str | None) -> str:
    return f"{number(whole)} and " if whole else ""


def _mixed(whole: str | None, above: int, below: int) -> str:
    said = fraction(above, below)
    if not whole:
        return said
    return f"{number(whole)} and {said.replace('one ', 'a ', 1) if above == 1 else said}"


def _sign(found: Match) -> str:
    return _mixed(found[1], *map(int, unicodedata.normalize("NFKC", found[2]).split("⁄")))


def _sum(found: Match) -> str:
    parts = re.findall(rf"{N}|[^\s\d]", found[0])
    return " ".join(_OPERATORS.get(part) or number(part) for part in parts)


RULES = (
    # As in: a 27" monitor. Elsewhere the sign is a quotation mark.
    rule(
        r"(?<![\w.])(\d+(?:\.\d+)?)\"(?=\s[a-z])", lambda m: f"{m[1]}″" if m.string.count('"') == 1 else m[0]
    ),
    rule(r"(?<![\w.,-])\d{1,3}(?:\s000)+(?![\w,-])", lambda m: number("".join(m[0].split()))),
    rule(r"\b([48])K\b", lambda m: f"{cardinal(int(m[1]))} K"),
    rule(r"(?<=\d)\*(?=\d)", lambda _: " times "),
    rule(r"(\d+)\^(\d+)", lambda m: f"{number(m[1])} to the power of {number(m[2])}"),
    rule(
        r"\b(\d+)\s?h\s?([0-5]?\d)(?:\s?m|\s?min)?\b",
        lambda m: " ".join((f"{m[1]} h", cardinal(int(m[2])), plural("minute", one=m[2] == "1"))),
    ),
    rule(r"(?<![\w:.])(\d{1,4}):(\d{1,4})(?![\w:]|\.\d)", lambda m: f"{number(m[1])} to {number(m[2])}"),
    rule(r"(?<=[a-z]):(\d{2,5})\b", lambda m: f" colon {digits(m[1])}"),
    rule(rf"(?<![\d.,]){N}(?:\s?[+\-−–×*÷/x]\s?{N}){{1,20}}\s?=(?:\s?{MINUS}{N})?", _sum),
    rule(r"\b24/7\b", lambda _: "twenty-four seven"),
    rule(r"\b50[/-]50\b", lambda _: "fifty-fifty"),
    rule(r"(?<!\w)(\d)['′](\d{1,2})[\"″]", lambda m: f"{cardinal(int(m[1]))} foot {cardinal(int(m[2]))}"),
    rule(rf"(\d+)?\s?([{_FRACTIONS}])", _sign),
    rule(
        r"(?<![\w.,/-])(?:(?P<whole>\d+)\s)?(?P<above>[1-9]\d{0,2})/(?P<below>[1-9]\d{0,2})(?![\w/]|[.,]\d)",
        _fraction,
    ),
    rule(
        rf"({N})\s?[x×]\s?({N})(?:\s?[x×]\s?({N}))?(?!\w)",
        lambda m: " by ".join(map(number, filter(None, m.groups()))),
    ),
    rule(rf"{START}({N})[x×](?!\w)", lambda m: f"{number(m[1])} times"),
    rule(
        rf"{START}(?:(?P<low>{MINUS}{N})\s?(?:{any_of(UNITS)})?{TO})?(?P<n>{MINUS}{N})(?P<by>[\s-]?)(?P<unit>{any_of(UNITS)})(?![\w²³])"
        rf"(?:\s?/\s?(?P<each>{any_of(EACH)})\b)?(?:\.(?=\s[a-z\d]|,))?",
        _measure,
    ),
    rule(
        rf"{START}(?:(?P<low>{MINUS}{N})\s?%?{TO})?(?P<n>{MINUS}{N})\s?%",
        lambda m: f"{_low(m)}{signed(m['n'])} percent",
    ),
    rule(rf"(?<![\w/])({any_of(BARE)})(?!\w)", lambda m: plural(UNITS[m[1]])),
    rule(rf"{START}({N})({any_of(_SCALES)})(?![\w-])", lambda m: f"{number(m[1])} {_SCALES[m[2]]}"),
)
