"""Abbreviations in full. Pure."""

from __future__ import annotations

import re

from agents.groq.tts.spoken.counting import cardinal, ordinal
from agents.groq.tts.spoken.rule import Match, after, any_of, before, rule, table

_ALWAYS = table(
    """
    Mister: Mr.
    Missus: Mrs.
    Miz: Ms.
    Professor: Prof.
    Junior: Jr.
    Senior: Sr.
    Captain: Capt.
    Sergeant: Sgt.
    Lieutenant: Lt.
    Colonel: Col.
    General: Gen.
    Reverend: Rev.
    Honorable: Hon.
    Senator: Sen.
    Governor: Gov.
    Messieurs: Messrs.
    for example: e.g.
    that is: i.e.
    approximately: approx., approx
    et cetera: etc
    versus: vs., vs
    also known as: a.k.a., aka
    compare: cf.
    and others: et al.
    namely: viz.
    including: incl.
    excluding: excl.
    maximum: max.
    minimum: min.
    average: avg.
    department: dept.
    Department: Dept.
    extension: ext., Ext.
    telephone: tel., Tel.
    account: acct., Acct.
    reference: ref., Ref.
    appointment: appt.
    miscellaneous: misc.
    without: w/o
    with: w/
    care of: c/o
    not applicable: n/a, N/A
    Mount: Mt.
    Fort: Ft.
    temperature: temp.
    about: ca.
    established: est.
    P H D: Ph.D., PhD
    Apartment: Apt.
    apartment: apt.
    Suite: Ste.
    Room: Rm.
    Building: Bldg.
    Highway: Hwy., Hwy
    Parkway: Pkwy, Pkwy.
    Floor: Fl.
    P O Box: P.O. Box, PO Box
    as soon as possible: ASAP, asap
    """
)
_AT_THE_END = table(
    """
    et cetera: etc.
    Incorporated: Inc.
    Limited: Ltd.
    Corporation: Corp.
    Company: Co.
    Brothers: Bros.
    Association: Assn.
    Esquire: Esq.
    """
)
_STREETS = table(
    """
    Street: St
    Avenue: Ave
    Road: Rd
    Boulevard: Blvd
    Lane: Ln
    Drive: Dr
    Court: Ct
    Place: Pl
    Square: Sq
    Terrace: Ter
    Circle: Cir
    """
)
_WINDS = table(
    """
    North: N
    South: S
    East: E
    West: W
    Northeast: NE
    Northwest: NW
    Southeast: SE
    Southwest: SW
    """
)
_STREET_NAME = r"(?:[A-Z][a-z]+|\d+(?:st|nd|rd|th))"
_STREET_WORD = any_of([*_STREETS, *_STREETS.values(), "Way", "Parkway", "Highway"])
_ROMAN = {"I": 1, "V": 5, "X": 10, "L": 50}
_COUNTED = "War Chapter Part Volume Phase Type Act Level Class Tier Title Article Section".split()
_REIGNS = (
    "Henry Elizabeth George Charles Louis Pope John Paul Benedict Edward Richard William James Philip".split()
)
_NOT_AFTER_A_STOP = (
    "Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February March April May June July "
    "August September October November December E?[SD]T [ECMP][SD]?T GMT UTC CET CEST BST"
).split()
_ENDS = rf"(?=\s*$|\s+(?!(?:{'|'.join(_NOT_AFTER_A_STOP)})\b)[\"“(]?[A-Z])"

NEVER_LAST = frozenset(
    {*_ALWAYS, *(f"{short}." for short in (*_STREETS, *_WINDS)), "No.", "Nos.", "p.", "pp.", "Fig."}
)
"""A text is not cut after one of these: what follows decides how it is said."""


def _roman(found: Match) -> str:
    values = [_ROMAN[letter] for letter in found[2]]
    signs = [
        -value if value < after else value for value, after in zip(values, [*values[1:], 0], strict=True)
    ]
    reigns = found[1] in _REIGNS
    return f"{found[1]} the {ordinal(sum(signs))}" if reigns else f"{found[1]} {cardinal(sum(signs))}"


def _stop(found: Match, word: str) -> str:
    """Return `word`, with a full stop if the abbreviation's full stop also ends the sentence."""
    return word + ("." if re.match(_ENDS, after(found)) else "")


def _initials(found: Match) -> str:
    return _stop(found, " ".join(found[0].replace(".", "").upper()))


RULES = (
    rule(r"(?<=\d)\s?([AaPp])\.\s?[Mm]\.", lambda m: _stop(m, f" {m[1].upper()}M")),
    rule(r"(?<=\d)\s?([AaPp])[Mm]\b", lambda m: f" {m[1].upper()}M"),
    rule(rf"(?<![\w.])({any_of(_ALWAYS)})(?!\w)", lambda m: _ALWAYS[m[1]]),
    rule(rf"(?<![\w.])({any_of(_AT_THE_END)})(?!\w)", lambda m: _stop(m, _AT_THE_END[m[1]])),
    rule(r"\b([Nn])os?\.\s?(?=#?\d|[A-Z]+-?\d)", lambda m: f"{'N' if m[1] == 'N' else 'n'}umber "),
    rule(r"№\s?", lambda _: "number "),
    rule(r"\bpp\.\s?(?=\d)", lambda _: "pages "),
    rule(r"\bp\.\s?(?=\d)", lambda _: "page "),
    rule(r"\b[Ff]igs?\.\s?(?=\d)", lambda _: "figure "),
    rule(
        rf"(?<![\w.])({any_of(_WINDS)})\.?(?=\s{_STREET_NAME}(?:\s[A-Z][a-z]+)?\s(?:{_STREET_WORD})\b)",
        lambda m: _WINDS[m[1]],
    ),
    rule(
        rf"(?<=[a-z\d]\s)(?<!\bthe\s)({any_of(_STREETS)})(?:\.(?=\s|,|$)|(?=,|\s(?:{any_of(_WINDS)})\b))"
        r"(?<!\bmeet\sDr\.)",
        lambda m: _street(m),
    ),
    rule(rf"\b({'|'.join(_STREETS.values())})\s(NE|NW|SE|SW)\b", lambda m: f"{m[1]} {_WINDS[m[2]]}"),
    rule(r"\bDr\.?(?=\s+[A-Z])", lambda _: "Doctor"),
    rule(r"\bSt\.(?=\s?[A-Z])", lambda _: "Saint"),
    # A lone I is a pronoun, except after these words.
    rule(r"\b(War|Chapter|Volume|Phase|Title|Article)\s(I)\b(?!['’.]\w)", _roman),
    rule(rf"\b({any_of([*_COUNTED, *_REIGNS])})\s([VX]|[IVXL]{{2,7}})\b(?!['’.]\w)", _roman),
    rule(r"(?<![\w.])(?:[A-Za-z]\.){2,}", _initials),
    rule(r"(?<![\w.])([A-Z])\.(?=\s[A-Z](?:[a-z]|\.))", lambda m: m[1]),
)


def _street(found: Match) -> str:
    """Say it as a street only after a capitalized name; otherwise "Dr." is a doctor and "St." a saint."""
    name = re.search(rf"({_STREET_NAME})\s$", before(found))
    if name is None or (found[1] in {"Dr", "St"} and _names_a_person(found)):
        return found[0]
    return _stop(found, _STREETS[found[1]]) if found[0].endswith(".") else _STREETS[found[1]]


def _names_a_person(found: Match) -> bool:
    """Whether a name follows and no house number comes before it, as in "I saw Dr. Smith"."""
    numbered = re.search(r"\d\w*\s(?:[A-Z][a-z]+\.?\s){0,3}$", before(found))
    return numbered is None and re.match(r"\s+[A-Z][a-z]", after(found)) is not None
