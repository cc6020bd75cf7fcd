"""Amounts of money. Pure."""

from __future__ import annotations

from agents.groq.tts.spoken.counting import cardinal, number, plural
from agents.groq.tts.spoken.rule import Match, any_of, describes, rule, table

_UNITS = {
    "US$": ("US dollar", "cent"),
    "A$": ("Australian dollar", "cent"),
    "C$": ("Canadian dollar", "cent"),
    "CA$": ("Canadian dollar", "cent"),
    "$": ("dollar", "cent"),
    "€": ("euro", "cent"),
    "£": ("pound", "penny"),
    "¥": ("yen", ""),
    "₹": ("rupee", "paisa"),
    "CHF": ("Swiss franc", "centime"),
    "USD": ("dollar", "cent"),
    "EUR": ("euro", "cent"),
    "GBP": ("pound", "penny"),
    "JPY": ("yen", ""),
    "CAD": ("Canadian dollar", "cent"),
    "AUD": ("Australian dollar", "cent"),
    "INR": ("rupee", "paisa"),
    "₩": ("won", ""),
    "₿": ("bitcoin", ""),
}
_SCALES = table(
    """
    thousand: k, K, thousand
    million: m, M, mn, million
    billion: b, B, bn, billion
    trillion: T, tn, trillion
    hundred: hundred
    """
)
_UNIT = rf"(?P<unit>{any_of(_UNITS)})"
_AMOUNT = r"(?P<amount>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)(?![,.]?\d)"
_SCALE = rf"(?:\s?(?P<scale>{any_of(_SCALES)})\b)?"
_UP_TO = r"(?:\s?[–—-]\s?(?:US\$|[$€£¥₹])?(?P<most>\d[\d,]*(?:\.\d+)?)(?![,.]?\d))?"
_MINUS = r"(?P<minus>(?<![\w)])[-−]\s?)?"
_EACH = table(
    """
    month: month, mo
    year: year, yr
    day: day
    week: week, wk
    hour: hour, hr, h
    user: user
    person: person
    line: line
    gigabyte: GB
    minute: minute, min
    item: item
    unit: unit
    night: night
    kilogram: kg
    """
)


def _money(found: Match) -> str:
    per = f" per {_EACH[found['each']]}" if found["each"] else ""
    return ("minus " if found["minus"] else "") + _amount(found) + per


def _amount(found: Match) -> str:
    groups, amount = found.groupdict(), found["amount"]
    unit, part = _UNITS[found["unit"]]
    most = groups.get("most")
    if scale := found["scale"]:
        upper = f" to {number(most)}" if most else ""
        return f"{number(amount)}{upper} {_SCALES[scale]} {plural(unit, one=describes(found))}"
    if most:
        return f"{_bare(amount, unit, part)} to {_exact(most, unit, part)}"
    if "." not in amount and describes(found):
        return f"{number(amount)}-{unit}"
    return _exact(amount, unit, part)


def _bare(amount: str, unit: str, part: str) -> str:
    """Say the lower end of a range: its unit is said with the upper end, unless it has cents."""
    return number(amount) if "." not in amount else _exact(amount, unit, part)


def _exact(amount: str, unit: str, part: str) -> str:
    whole, _, rest = amount.replace(",", "").partition(".")
    if rest and (len(rest) != 2 or not part):
        return f"{number(amount)} {plural(unit)}"
    units, parts = int(whole or 0), int(rest or 0)
    said = [f"{cardinal(units)} {plural(unit, one=units == 1)}"] if units or not parts else []
    if parts:
        said.append(f"{cardinal(parts)} {plural(part, one=parts == 1)}")
    return " and ".join(said)


def _decimal_comma(found: Match) -> str:
    """Say an amount as it is written in continental Europe: 49,99 € or 1.299,00 €."""
    unit, part = _UNITS[found["unit"]]
    return _exact(f"{found['whole'].replace('.', '')}.{found['part']}", unit, part)


def _coins(found: Match) -> str:
    amount = int(found[1])
    return f"{cardinal(amount)} {plural('cent' if found[2] == '¢' else 'penny', one=amount == 1)}"


_PER = rf"(?:\s?/\s?(?P<each>{any_of(_EACH)})\b(?:\.(?=,|\s[a-z]))?)?"
RULES = (
    rule(
        rf"(?<![\w.,])(?P<whole>\d{{1,3}}(?:\.\d{{3}})+|\d+),(?P<part>\d\d)\s?{_UNIT}(?!\w)", _decimal_comma
    ),
    rule(r"(?<!\w)(?P<unit>€)\s?(?P<whole>\d{1,3}(?:\.\d{3})+|\d+),(?P<part>\d\d)(?!\d)", _decimal_comma),
    rule(rf"{_MINUS}(?<![A-Za-z]){_UNIT}\s?(?P<inner>[-−])?{_AMOUNT}{_UP_TO}{_SCALE}{_PER}", _money),
    rule(
        rf"{_MINUS}(?<![\w.,])(?:(?P<low>\d+)\s?[–-]\s?)?{_AMOUNT}{_SCALE}\s?{_UNIT}(?!\w){_PER}",
        lambda m: _after(m),
    ),
    rule(r"(?<![\w.,])(\d{1,2})\s?(¢)(?!\w)", _coins),
    rule(r"(?<![\w.,])(\d{1,2})(p)(?![\w.])", _coins),
)


def _after(found: Match) -> str:
    low = f"{number(found['low'])} to " if found["low"] else ""
    return low + _money(found)
