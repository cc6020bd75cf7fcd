"""Measures, percentages, ranges, fractions, ids, and every other number. Pure."""

from __future__ import annotations

import re

from agents.groq.tts.spoken.counting import (
    cardinal,
    digits,
    fraction,
    grouped,
    number,
    ordinal,
    plural,
    year,
)
from agents.groq.tts.spoken.places import house_number
from agents.groq.tts.spoken.rule import Match, any_of, describes, rule, table

_UNITS = table(
    """
    kilometer per hour: km/h, kph
    mile per hour: mph
    meter per second: m/s
    kilometer: km
    meter: m
    centimeter: cm
    millimeter: mm
    micrometer: µm
    mile: mi
    foot: ft
    yard: yd, yds
    square kilometer: km²
    square meter: m²
    cubic meter: m³
    square foot: sq ft, sq. ft.
    kilogram: kg
    gram: g
    milligram: mg
    pound: lb, lbs
    ounce: oz
    ton: t
    liter: l, L
    milliliter: ml, mL
    centiliter: cl
    gallon: gal
    kilobyte: KB, kB
    megabyte: MB
    gigabyte: GB
    terabyte: TB
    gibibyte: GiB
    mebibyte: MiB
    kilobit per second: kbps, kbit/s
    megabit per second: Mbps, Mb/s, Mbit/s
    gigabit per second: Gbps, Gbit/s, Gb/s
    megabyte per second: MB/s
    gigabyte per second: GB/s
    watt: W
    kilowatt: kW
    megawatt: MW
    kilowatt hour: kWh
    watt hour: Wh
    volt: V
    milliamp hour: mAh
    milliamp: mA
    hertz: Hz
    kilohertz: kHz
    megahertz: MHz
    gigahertz: GHz
    degree Celsius: °C
    degree Fahrenheit: °F
    degree: °
    decibel: dB
    decibel milliwatt: dBm
    pound per square inch: psi
    kilocalorie: kcal
    calorie: cal
    millisecond: ms
    second: s, sec, secs
    minute: min, mins
    hour: h, hr, hrs
    week: wk, wks
    year: yr, yrs
    month: mo
    pixel: px
    megapixel: MP
    revolution per minute: rpm
    inch: ″
    """
)
_BARE = "km/h m/s mph kWh kbps Mbps Gbps Mbit/s Gbit/s MB/s kbit/s Mb/s Gb/s".split()
"""Said in full without a number as well."""
_EACH = table(
    """
    month: month, mo
    year: year, yr
    day: day
    week: week
    hour: hour, hr, h
    user: user
    person: person
    line: line
    minute: minute, min
    night: night
    gigabyte: GB
    kilogram: kg
    kilowatt hour: kWh
    item: item
    """
)
_SCALES = {"k": "thousand", "K": "thousand", "M": "million", "bn": "billion"}
_N = r"(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|(?<!\d)\.\d+)"
_START = r"(?<![\w.,])"
_MINUS = r"(?:(?<![\w)\]])[-−](?=[\d.]))?"
_FRACTIONS = {
    "½": (1, 2),
    "⅓": (1, 3),
    "⅔": (2, 3),
    "¼": (1, 4),
    "¾": (3, 4),
    "⅛": (1, 8),
    "⅜": (3, 8),
    "⅝": (5, 8),
}
_FRACTIONS |= {"⅞": (7, 8), "⅕": (1, 5), "⅖": (2, 5), "⅗": (3, 5), "⅘": (4, 5), "⅙": (1, 6), "⅚": (5, 6)}
_OPERATORS = {"+": "plus", "-": "minus", "−": "minus", "–": "minus", "*": "times", "×": "times", "x": "times"}
_OPERATORS |= {"/": "divided by", "÷": "divided by", "=": "equals"}
_CALLED = ("code pin password box extension number dial call text version model port").split()
_NUMBERED = "order invoice account ticket case customer reference booking contract serial tracking policy card".split()
_ROOMS = "room suite apartment unit flight gate zone floor ext".split()
_TO = r"\s?[–—-]\s?"


def signed(written: str) -> str:
    """−5 → minus five."""
    return f"minus {number(written[1:])}" if written[0] in "-−" else number(written)


def _measure(found: Match) -> str:
    unit = _UNITS[re.sub(r"\s", " ", found["unit"])]
    one = found["n"] in {"1", "-1", "−1"} and not found["low"]
    said = plural(unit, one=one or found["by"] == "-" or describes(found) or _stands_before(found))
    if each := found["each"]:
        said += f" per {_EACH[each]}"
    return f"{_low(found)}{signed(found['n'])} {said}"


def _stands_before(found: Match) -> bool:
    """A 27" monitor."""
    return found["unit"] in {"″"} and re.match(r"\s[a-z]", found.string[found.end() :]) is not None


def _low(found: Match) -> str:
    return f"{signed(found['low'])} to " if found["low"] else ""


def _fraction(found: Match) -> str:
    whole, above, below = found["whole"], int(found["above"]), int(found["below"])
    if below == 0 or below > 100 or above > below or (below > 10 and below not in {12, 16, 20, 32, 64, 100}):
        return f"{_low_whole(whole)}{cardinal(above)} slash {below}"  # a unit may follow
    if above == below or re.match(r"\s(?:stars?|rating|points)\b", found.string[found.end() :]):
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
    return _mixed(found[1] or None, *_FRACTIONS[found[2]])


def _sum(found: Match) -> str:
    parts = re.findall(rf"{_N}|[^\s\d]", found[0])
    return " ".join(_OPERATORS.get(part) or number(part) for part in parts)


def _either(written: str) -> str:
    """A bare number: a year from 1900 to 2099, a long one digit by digit, else an amount."""
    if written.isdecimal() and len(written) == 4 and "1900" <= written <= "2099":
        return year(int(written))
    if written.isdecimal() and len(written) > 4 and not written.endswith("000"):
        return grouped(written)
    return number(written)


def _range(found: Match) -> str:
    first, last = found[1], found[2]
    if len(first) == 4 and len(last) == 2 and "1900" <= first <= "2099":
        return f"{year(int(first))} to {cardinal(int(last))}"
    return f"{_either(first)} to {_either(last)}"


def _decade(found: Match) -> str:
    century, tens = int(found[1]), int(found[2])
    return f"{cardinal(century)} {_tens(tens)}" if tens else f"{_hundreds(century)}s"


def _tens(value: int) -> str:
    return f"{cardinal(value)[:-1]}ies"


def _hundreds(century: int) -> str:
    return f"{cardinal(century // 10)} thousand" if century % 10 == 0 else f"{cardinal(century)} hundred"


def identifier(written: str) -> str:
    """AB-12345 → A B, one two three four five. Small numbers are said as such: A4, MP3, 5G."""
    first, *rest = parts = re.split(r"[-_/.]", written)
    if _is_word(first) and len(rest) == 1 and rest[0].isdecimal():
        return f"{first} {_either(rest[0])}"
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


def _apart(found: Match) -> str:
    """Any number that is left, with a space to a letter beside it."""
    before, after = found.string[: found.start()][-1:], found.string[found.end() :][:1]
    said = f"minus {_either(found[0][1:])}" if found[0][0] in "-−" else _either(found[0])
    return f"{' ' * before.isalpha()}{said}{' ' * after.isalpha()}"


RULES = (
    # A 27" monitor. Otherwise the sign is a quotation mark.
    rule(
        r"(?<![\w.])(\d+(?:\.\d+)?)\"(?=\s[a-z])", lambda m: f"{m[1]}″" if m.string.count('"') == 1 else m[0]
    ),
    rule(r"(?<![\w.,-])\d{1,3}(?:\s000)+(?![\w,-])", lambda m: number("".join(m[0].split()))),
    rule(r"\b([48])K\b", lambda m: f"{cardinal(int(m[1]))} K"),
    rule(r"(?<=\d)\*(?=\d)", lambda _: " times "),
    rule(r"\b([CF])#(?!\w)", lambda m: f"{m[1]} sharp"),
    rule(r"\b(Q[1-4]|FY|H[12])['’](\d\d)\b", lambda m: f"{identifier(m[1])} {cardinal(int(m[2]))}"),
    rule(r"(\d+)\^(\d+)", lambda m: f"{number(m[1])} to the power of {number(m[2])}"),
    rule(
        r"\b(\d+)\s?h\s?([0-5]?\d)(?:\s?m|\s?min)?\b",
        lambda m: " ".join((f"{m[1]} h", cardinal(int(m[2])), plural("minute", one=m[2] == "1"))),
    ),
    rule(r"(?<![\w:.])(\d{1,4}):(\d{1,4})(?![\w:]|\.\d)", lambda m: f"{number(m[1])} to {number(m[2])}"),
    rule(r"(?<=[a-z]):(\d{2,5})\b", lambda m: f" colon {digits(m[1])}"),
    rule(r"#\s?(?=[A-Z\d])", lambda _: "number "),
    rule(rf"{_N}(?:\s?[+\-−–×*÷/x]\s?{_N})+\s?=(?:\s?{_MINUS}{_N})?", _sum),
    rule(r"(?<![\w.,])(1[1-9]|20)(\d0)['’]?s\b", _decade),
    rule(
        r"(?<=\b[Tt]he\s)['’‘]?([2-9]0)['’]?s\b|(?<!\w)['’‘]([2-9]0)s\b", lambda m: _tens(int(m[1] or m[2]))
    ),
    rule(r"\b24/7\b", lambda _: "twenty-four seven"),
    rule(r"\b50[/-]50\b", lambda _: "fifty-fifty"),
    rule(r"(?<!\w)(\d)['′](\d{1,2})[\"″]", lambda m: f"{cardinal(int(m[1]))} foot {cardinal(int(m[2]))}"),
    rule(rf"(\d+)?\s?([{''.join(_FRACTIONS)}])", lambda m: _sign(m)),
    rule(
        r"(?<![\w.,/-])(?:(?P<whole>\d+)\s)?(?P<above>[1-9]\d{0,2})/(?P<below>[1-9]\d{0,2})(?![\w/]|[.,]\d)",
        _fraction,
    ),
    rule(
        rf"({_N})\s?[x×]\s?({_N})(?:\s?[x×]\s?({_N}))?(?!\w)",
        lambda m: " by ".join(map(number, filter(None, m.groups()))),
    ),
    rule(rf"{_START}({_N})[x×](?!\w)", lambda m: f"{number(m[1])} times"),
    rule(
        rf"{_START}(?:(?P<low>{_MINUS}{_N})\s?(?:{any_of(_UNITS)})?{_TO})?(?P<n>{_MINUS}{_N})(?P<by>[\s-]?)(?P<unit>{any_of(_UNITS)})(?![\w²³])"
        rf"(?:\s?/\s?(?P<each>{any_of(_EACH)})\b)?(?:\.(?=\s[a-z\d]|,))?",
        _measure,
    ),
    rule(
        rf"{_START}(?:(?P<low>{_MINUS}{_N})\s?%?{_TO})?(?P<n>{_MINUS}{_N})\s?%",
        lambda m: f"{_low(m)}{signed(m['n'])} percent",
    ),
    rule(rf"(?<![\w/])({any_of(_BARE)})(?!\w)", lambda m: plural(_UNITS[m[1]])),
    rule(rf"{_START}({_N})({any_of(_SCALES)})(?![\w-])", lambda m: f"{number(m[1])} {_SCALES[m[2]]}"),
    rule(r"(?<![\w.,])(\d+)(?:st|nd|rd|th)\b", lambda m: ordinal(int(m[1]))),
    rule(r"(?<!\w)['’‘](\d\d)(?![\w'’])", lambda m: cardinal(int(m[1]))),
    rule(rf"\b((?:{'|'.join(_CALLED)})s?:?\s(?:is\s)?)(\d{{3,}})(?![\w,.-]*\d)", _named, flags=re.IGNORECASE),
    rule(
        rf"\b((?:{'|'.join(_ROOMS)})\s)(\d{{3,}})(?![\w,.-]*\d)",
        lambda m: m[1] + house_number(m[2]),
        flags=re.IGNORECASE,
    ),
    rule(
        rf"\b((?:{'|'.join(_NUMBERED)})s?:?\s(?:is\s)?)(\d{{4,}})(?![\w,.-]*\d)", _named, flags=re.IGNORECASE
    ),
    rule(r"(?<=\bnumber\s)(\d{3,})(?![\w,.-]*\d)", lambda m: grouped(m[1])),
    rule(r"(?<![\w.,-])\d+(?:-\d+){2,}(?![\w-])", lambda m: ", ".join(map(grouped, m[0].split("-")))),
    rule(
        r"(?<![\w.,'’-])(?=[\w/-]*\d)(?=[\w/-]*[A-Za-z])[A-Za-z\d]+(?:[-_/](?=[A-Z\d]+\b|[a-z]*\d)[A-Za-z\d]+)*(?!\w|['’][a-z])",
        lambda m: identifier(m[0]),
    ),
    rule(r"(?<![\w.,])(\d+),(\d{1,2})(?![\w,]|\.\d)", lambda m: number(f"{m[1]}.{m[2]}")),
    rule(rf"{_START}({_N}){_TO}({_N})(?![\w-]|[.,]\d)", _range),
    rule(r"(?<![\w.,])(\d+)-(?=[A-Za-z])", lambda m: f"{_either(m[1])}-"),
    rule(r"(?<=[A-Za-z])-(\d+)(?![\w-]|[.,]\d)", lambda m: f" {_either(m[1])}"),
    rule(
        r"\b(in|since|of|year|from|by|until)\s(1[0-8]\d\d)(?![\w,.-]*\d)(?!\s(?:people|customers|meters|of)\b)",
        lambda m: f"{m[1]} {year(int(m[2]))}",
    ),
    rule(rf"{_MINUS}{_N}", lambda m: _apart(m)),
)
