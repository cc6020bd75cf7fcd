"""Telephone numbers and postal addresses. Pure."""

from __future__ import annotations

import re

from agents.groq.tts.spoken.counting import cardinal, digits, grouped, pair
from agents.groq.tts.spoken.rule import Match, rule, table

_STATES = table(
    """
    Alabama: AL
    Alaska: AK
    Arizona: AZ
    Arkansas: AR
    California: CA
    Colorado: CO
    Connecticut: CT
    Delaware: DE
    Florida: FL
    Georgia: GA
    Hawaii: HI
    Idaho: ID
    Illinois: IL
    Indiana: IN
    Iowa: IA
    Kansas: KS
    Kentucky: KY
    Louisiana: LA
    Maine: ME
    Maryland: MD
    Massachusetts: MA
    Michigan: MI
    Minnesota: MN
    Mississippi: MS
    Missouri: MO
    Montana: MT
    Nebraska: NE
    Nevada: NV
    New Hampshire: NH
    New Jersey: NJ
    New Mexico: NM
    New York: NY
    North Carolina: NC
    North Dakota: ND
    Ohio: OH
    Oklahoma: OK
    Oregon: OR
    Pennsylvania: PA
    Rhode Island: RI
    South Carolina: SC
    South Dakota: SD
    Tennessee: TN
    Texas: TX
    Utah: UT
    Vermont: VT
    Virginia: VA
    Washington: WA
    West Virginia: WV
    Wisconsin: WI
    Wyoming: WY
    D C: DC
    """
)
_STREET = (
    r"(?:Street|Avenue|Road|Boulevard|Lane|Drive|Court|Place|Square|Terrace|Circle|Way|Parkway|Highway|Close|"
    r"Crescent|Gardens|Mews|Hill|Row|Broadway)"
)
_SEPARATOR = r"[\s./–-]"
_GROUPS = re.compile(r"\d+")


def house_number(written: str) -> str:
    """1234 → twelve thirty-four, 105 → one oh five: as people say it before a street's name."""
    value = int(written)
    if len(written) > 4 or written.startswith("0"):
        return digits(written)
    if value < 100 or value % 1000 == 0:
        return cardinal(value)
    return pair(*divmod(value, 100), none="hundred")


def _phone(found: Match) -> str:
    groups = _GROUPS.findall(found[0])
    if len(groups) == 1 and found[0].startswith("+1") and len(groups[0]) == 11:
        groups = ["1", groups[0][1:4], groups[0][4:7], groups[0][7:]]
    said = ", ".join(map(_group, groups))
    return f"plus {said}" if found[0].startswith("+") else said


def _group(written: str) -> str:
    return "eight hundred" if written == "800" else grouped(written)


def _is_phone(found: Match) -> str:
    """Say a telephone number; leave any other groups of digits as they are, for the next rules."""
    count = sum(map(str.isdecimal, found[0]))
    return _phone(found) if 7 <= count <= 15 else found[0]


def _postcode(found: Match) -> str:
    groups = [" ".join(digits(sign) if sign.isdecimal() else sign for sign in found[n]) for n in (1, 2)]
    return ", ".join(groups)


def _state(found: Match) -> str:
    zip_code = digits(found[2]) + (f", {digits(found[3])}" if found[3] else "")
    return f"{_STATES[found[1]]} {zip_code}"


def _house(found: Match) -> str:
    number, letter = found[1], found[2] or ""
    return house_number(number) + (f" {letter.upper()}" if letter else "")


def _iban(written: str) -> str:
    signs = "".join(written.split())
    if not any(map(str.isdecimal, signs[4:])):
        return written
    groups = [signs[at : at + 4] for at in range(0, len(signs), 4)]
    return ", ".join(
        " ".join(digits(sign) if sign.isdecimal() else sign for sign in group) for group in groups
    )


RULES = (
    rule(r"\b[A-Z]{2}\d{2}(?:\s?[A-Z\d]{4}){2,7}(?:\s?[A-Z\d]{1,3})?\b", lambda m: _iban(m[0])),
    rule(
        rf"(?<![\w.,-])(\d{{1,5}})([A-Za-z])?(?=\s(?:(?:[A-Z][\w'’.-]*|\d+(?:st|nd|rd|th))\s){{1,4}}{_STREET}\b)",
        _house,
    ),
    rule(rf"\b({'|'.join(_STATES)})\s(\d{{5}})(?:-(\d{{4}}))?\b", _state),
    rule(r"\b([A-Z]{1,2}\d[A-Z\d]?)\s(\d[A-Z]{2})\b", _postcode),
    # +44 20 7946 0958, +1 (555) 123-4567
    rule(rf"(?<![\w+])\+\d{{1,4}}(?:{_SEPARATOR}?\(?\d{{1,5}}\)?){{1,6}}(?!\w)", _is_phone),
    rule(
        rf"(?<![\w+])(?:1{_SEPARATOR})?\(\d{{3,5}}\){_SEPARATOR}?\d{{3,8}}(?:{_SEPARATOR}\d{{3,4}})*(?!\w)",
        _is_phone,
    ),
    rule(r"(?<![\w.+-])(?:1[\s.-])?\d{3}([\s.-])\d{3}\1\d{4}(?![\w-])", _is_phone),
    rule(r"(?<![\w.+$€£-])0\d{1,4}(?:[\s/-]\d{3,8}){1,3}(?![\w-])", _is_phone),
    rule(r"(?<![\w.+$€£-])1-\d{3}-(?=[A-Z]{4,})", lambda m: _phone(m) + ", "),
    rule(r"(?<![\w.+$€£-])\d{3}-\d{4}(?![\w-]|\.\d)", _phone),
    # Card numbers, bank accounts: groups as they are written.
    rule(r"(?<![\w.+$€£-])\d{4}(?:[\s-]\d{4}){2,3}(?![\w-])", _phone),
    rule(r"(?<![\w.+-])\d{3}-\d{2}-\d{4}(?![\w-])", _phone),
)
