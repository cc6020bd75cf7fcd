"""Dates and times. Pure.

03/04 is March fourth: month first, as Americans write it, because the speech model's voices are American.
A first number above 12 is a day. 14:30 is "two thirty PM": Americans do not say "fourteen thirty".
"""

from __future__ import annotations

from agents.groq.tts.spoken.counting import cardinal, ordinal, pair, year
from agents.groq.tts.spoken.rule import Match, any_of, rule

_MONTHS = ("January February March April May June July August September October November December").split()
_SHORT = {month[:3]: month for month in _MONTHS} | {"Sept": "September"}
_MONTH_OF = {month: month for month in _MONTHS} | {f"{short}": month for short, month in _SHORT.items()}
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
_DAY_OF = {day[:3]: day for day in _DAYS} | {"Tues": "Tuesday", "Thur": "Thursday", "Thurs": "Thursday"}
_MONTH = rf"(?P<month>{any_of(_MONTH_OF)})\b(?:\.(?=,?\s[\da-z]))?"
_DAY = r"(?P<day>0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>1[5-9]\d\d|20\d\d)"
_NOT_MORE = r"(?![\w/]|[.,:-]\d)"
_TO = r"\s?(?:[–—-]|to)\s?"
_HALF = r"(?:\s?(?P<half>AM|PM)\b)?"


def _date(month: int, day: int, written_year: str | None) -> str:
    said = f"{_MONTHS[month - 1]} {ordinal(day)}"
    return f"{said}, {_year(written_year)}" if written_year else said


def _year(written: str) -> str:
    return year(int(written) + 2000 if len(written) == 2 else int(written))


def _slashed(found: Match) -> str:
    first, second = int(found["first"]), int(found["second"])
    month, day = (second, first) if first > 12 else (first, second)
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return found[0]
    return _date(month, day, found["year"] if "year" in found.re.groupindex else None)


def _dotted(found: Match) -> str:
    month, day = int(found["second"]), int(found["first"])
    return _date(month, day, found["year"]) if 1 <= month <= 12 and 1 <= day <= 31 else found[0]


def _iso(found: Match) -> str:
    month, day = int(found["month"]), int(found["day"])
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return found[0]
    return _date(month, day, found["year"]) + (" at " if found["t"] else "")


def _month_first(found: Match) -> str:
    said = f"{_MONTH_OF[found['month']]} {ordinal(int(found['day']))}"
    if found["last"]:
        said += f" to {ordinal(int(found['last']))}"
    return f"{said}, {_year(found['year'])}" if found["year"] else said


def _day_first(found: Match) -> str:
    first = f"{ordinal(int(found['from']))} to the " if found["from"] else ""
    said = f"the {first}{ordinal(int(found['day']))} of {_MONTH_OF[found['month']]}"
    return f"{said}, {_year(found['year'])}" if found["year"] else said


def _clock(found: Match) -> str:
    hour, minute = int(found["hour"]), int(found["minute"])
    if hour == 24 and minute:
        return found[0]
    half = found["half"]
    if not half and hour in {0, 24} and minute == 0:
        return "midnight"
    # People say AM only where it is written; without PM, an hour after noon would be taken for a morning's.
    half = half or ("PM" if 12 < hour < 24 else "AM" if hour in {0, 24} else None)
    hour = (hour - 1) % 12 + 1
    said = cardinal(hour) if minute == 0 else pair(hour, minute, none="")
    if minute == 0 and not half:
        said += " o'clock"
    if found["second"] and int(found["second"]):
        said += f" and {cardinal(int(found['second']))} seconds"
    return f"{said} {half}" if half else said


def _hour(found: Match) -> str:
    return f"{cardinal(int(found[1]))} {found[2]}"


RULES = (
    rule(
        r"(?<![\w-])(?P<year>1[5-9]\d\d|20\d\d)[-/](?P<month>\d\d?)[-/](?P<day>\d\d?)"
        r"(?!\d)(?P<t>T(?=\d\d:)|\s(?=\d\d:\d\d))?",
        _iso,
    ),
    rule(
        rf"(?<![\w/.,])(?P<first>\d\d?)([/-])(?P<second>\d\d?)\2(?P<year>(?:19|20)\d\d|\d\d){_NOT_MORE}",
        _slashed,
    ),
    rule(
        rf"(?<![\w/.,])(?P<first>\d\d?)\.\s?(?P<second>\d\d?)\.\s?(?P<year>(?:19|20)\d\d){_NOT_MORE}", _dotted
    ),
    rule(
        rf"(?<![\w/.,])(?P<first>0\d|1\d|2\d|3[01])/(?P<second>0\d|1[0-2]|1[3-9]|2\d|3[01]){_NOT_MORE}",
        _slashed,
    ),
    rule(rf"(?<![\w/.,-])(?P<first>[1-9])/(?P<second>11|1[3-5]|1[7-9]|2[1-9]|3[01]){_NOT_MORE}", _slashed),
    rule(
        rf"\b(?P<before>on|by|until|till|since|before|after|due|dated)\s(?P<first>\d\d?)/(?P<second>\d\d?){_NOT_MORE}",
        lambda m: f"{m['before']} {_slashed(m)}" if _slashed(m) != m[0] else m[0],
    ),
    rule(
        rf"\b{_MONTH}\s{_DAY}(?:{_TO}(?P<last>3[01]|[12]\d|0?[1-9])(?:st|nd|rd|th)?)?(?![\w/:]|[.,]\d)"
        rf"(?:,?\s{_YEAR}\b)?",
        _month_first,
    ),
    rule(
        rf"(?<![\w/.,:])(?:the\s)?(?:(?P<from>\d\d?){_TO})?{_DAY}\s(?:of\s)?{_MONTH}(?!\w)(?:,?\s{_YEAR}\b)?",
        _day_first,
    ),
    rule(rf"\b{_MONTH}\s{_YEAR}\b", lambda m: f"{_MONTH_OF[m['month']]} {_year(m['year'])}"),
    rule(
        rf"\b({any_of(_DAY_OF)})\b\.?(?=,?\s(?:(?:{any_of(_MONTHS)})\b|the\s\w|\d)"
        rf"|\s?[–-]\s?(?:{any_of([*_DAY_OF, *_DAYS])})\b)",
        lambda m: _DAY_OF[m[1]],
    ),
    rule(rf"(?<=day)\s?[–-]\s?({any_of(_DAY_OF)})\b\.?(?!\w)", lambda m: f" to {_DAY_OF[m[1]]}"),
    rule(rf"(?<=day)\s?[–-]\s?(?=(?:{any_of(_DAYS)})\b)", lambda _: " to "),
    rule(rf"\b({any_of(set(_SHORT) - {'May', 'Mar', 'Dec', 'Jan', 'Jun'})})\.(?=\s)", lambda m: _SHORT[m[1]]),
    rule(r"(?<=:\d\d)\s?[–-]\s?(?=\d)|(?<=\d\s[AP]M)\s?[–-]\s?(?=\d)", lambda _: " to "),
    rule(
        r"(?<![\w.:/-])(\d{1,2}(?::\d\d)?)\s?[–-]\s?(?=\d{1,2}(?::\d\d)?\s?[AP]M\b)",
        lambda m: f"{m[1]} to ",
    ),
    rule(
        r"(?<![\w.,:/$€£-])(?P<hour>[01]?\d|2[0-4]):(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d)(?:\.\d+)?Z?)?"
        rf"{_HALF}(?=\s?[–-]\s?\d|(?![\w/]|[.,:-]\d))",
        _clock,
    ),
    rule(
        r"(?<![\w.,:/$€£-])(?P<hour>[1-9]|1[0-2])\.(?P<minute>[0-5]\d)(?P<second>)\s?(?P<half>AM|PM)\b",
        _clock,
    ),
    rule(r"(?<![\w.,:/$€£-])(1[0-2]|0?[1-9])\s?(AM|PM)\b", _hour),
    rule(r"(?<=[a-z]M)\s?[–-]\s?(?=\w)|(?<=[AP]M)\s?[–-]\s?(?=\w)", lambda _: " to "),
    rule(r"(?<=[a-z])\s?[–-]\s?(?=(?:\d{1,2}|[a-z]+)\s?(?:[AP]M|o'clock)\b)", lambda _: " to "),
)
