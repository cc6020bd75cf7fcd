"""Numbers as English words. Pure.

No library: num2words (LGPL) has had no release since 2024 and needs docopt, which exists only as source from
2014; inflect takes seconds to import and 27 MB. English takes these few lines.
"""

from __future__ import annotations

import re
from itertools import pairwise

_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
).split()
_TENS = "_ _ twenty thirty forty fifty sixty seventy eighty ninety".split()
_SCALES = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"), (1000, "thousand"), (100, "hundred"))
_LARGEST = 10**15
_ORDINALS = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}
_LAST_WORD = re.compile(r"[a-z]+$")
_PLURALS = {"half": "halves", "foot": "feet", "inch": "inches", "penny": "pence"}


def cardinal(value: int) -> str:
    """123 → one hundred twenty-three. From a quadrillion on: digit by digit."""
    if value >= _LARGEST:
        return digits(str(value))
    for size, name in _SCALES:
        if value >= size:
            rest = value % size
            return f"{cardinal(value // size)} {name}" + (f" {cardinal(rest)}" if rest else "")
    if value < 20:
        return _SMALL[value]
    tens, ones = divmod(value, 10)
    return _TENS[tens] + (f"-{_SMALL[ones]}" if ones else "")


def ordinal(value: int) -> str:
    """21 → twenty-first."""
    return _LAST_WORD.sub(lambda last: _ordinal_word(last[0]), cardinal(value))


def _ordinal_word(word: str) -> str:
    if word in _ORDINALS:
        return _ORDINALS[word]
    return f"{word[:-1]}ieth" if word.endswith("y") else f"{word}th"


def digits(written: str) -> str:
    """007 → zero zero seven. Other characters separate the digits."""
    return " ".join(_SMALL[int(digit)] for digit in written if digit.isdecimal())


def grouped(written: str) -> str:
    """A long number digit by digit, with a pause after each three or four: 4711081 → 471, 1081."""
    length = len(written)
    if length <= 5:
        return digits(written)
    count = -(-length // 4)
    ends = [length * place // count for place in range(count + 1)]
    return ", ".join(digits(written[a:b]) for a, b in pairwise(ends))


def number(written: str) -> str:
    """1,234.50 → one thousand two hundred thirty-four point five zero. A leading zero: digit by digit."""
    whole, point, part = written.replace(",", "").partition(".")
    leading_zero = len(whole) > 1 and whole.startswith("0")
    said = grouped(whole) if leading_zero else cardinal(int(whole or 0))
    return f"{said} point {digits(part)}" if point and part else said


def year(value: int) -> str:
    """1984 → nineteen eighty-four, 2005 → two thousand five, 1906 → nineteen oh six."""
    century, rest = divmod(value, 100)
    if value % 1000 < 10 or not 10 <= century < 100:
        return cardinal(value)
    return pair(century, rest, none="hundred")


def pair(first: int, second: int, *, none: str) -> str:
    """Say two two-digit halves, as of a year, a house number or a time. `none` is said for 00."""
    if second == 0:
        return f"{cardinal(first)} {none}"
    return f"{cardinal(first)} {'oh ' if second < 10 else ''}{cardinal(second)}"


def plural(noun: str, *, one: bool = False) -> str:
    """Return the noun's plural, unless `one`. Of a compound ("kilometer per hour"), change the first word."""
    if one:
        return noun
    head, per, rest = noun.partition(" per ")
    before, _, last = head.rpartition(" ")
    # "degree Celsius" counts its first word, "square meter" its last.
    if head.startswith("degree "):
        return head.replace("degree", "degrees", 1) + per + rest
    if last in _PLURALS:
        last = _PLURALS[last]
    elif last not in {"yen", "yuan", "hertz"} and not last.endswith("hertz"):
        last += "s"
    return f"{before} {last}".strip() + per + rest


def fraction(above: int, below: int) -> str:
    """3/4 → three quarters."""
    names = {2: "half", 4: "quarter"}
    return f"{cardinal(above)} {plural(names.get(below) or ordinal(below), one=above == 1)}"
