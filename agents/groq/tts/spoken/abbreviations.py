"""Abbreviations in full. Pure."""

from __future__ import annotations

import re

from agents.groq.tts.spoken.counting import cardinal, ordinal
from agents.groq.tts.spoken.rule import Match, any_of, rule

_ALWAYS = {
    **{"Mr.": "Mister", "Mrs.": "Missus", "Ms.": "Miz", "Prof.": "Professor", "Jr.": "Junior", "Sr.": "Senior"},
    **{"Capt.": "Captain", "Sgt.": "Sergeant", "Lt.": "Lieutenant", "Col.": "Colonel", "Gen.": "General"},
    **{"Rev.": "Reverend", "Hon.": "Honorable", "Sen.": "Senator", "Gov.": "Governor", "Messrs.": "Messieurs"},
    **{"e.g.": "for example", "i.e.": "that is", "approx.": "approximately", "vs.": "versus", "vs": "versus"},
    **{"a.k.a.": "also known as", "aka": "also known as", "cf.": "compare", "et al.": "and others", "viz.": "namely"},
    **{"incl.": "including", "excl.": "excluding", "max.": "maximum", "min.": "minimum", "avg.": "average"},
    **{"dept.": "department", "Dept.": "Department", "ext.": "extension", "Ext.": "extension", "tel.": "telephone"},
    **{"Tel.": "telephone", "acct.": "account", "Acct.": "account", "ref.": "reference", "Ref.": "reference"},
    **{"appt.": "appointment", "misc.": "miscellaneous", "w/o": "without", "w/": "with", "c/o": "care of"},
    **{"n/a": "not applicable", "N/A": "not applicable", "Mt.": "Mount", "Ft.": "Fort", "temp.": "temperature"},
    **{"ca.": "about", "est.": "established", "Ph.D.": "P H D", "PhD": "P H D", "Apt.": "Apartment"},
    **{"apt.": "apartment", "Ste.": "Suite", "Rm.": "Room", "Bldg.": "Building", "Hwy.": "Highway"},
    **{"Hwy": "Highway", "Pkwy": "Parkway", "Pkwy.": "Parkway", "Fl.": "Floor", "P.O. Box": "P O Box"},
    **{"PO Box": "P O Box", "No.:": "number", "ASAP": "as soon as possible", "asap": "as soon as possible"},
}
_AT_THE_END = {"etc.": "et cetera", "Inc.": "Incorporated", "Ltd.": "Limited", "Corp.": "Corporation"}
_AT_THE_END |= {"Co.": "Company", "Bros.": "Brothers", "Assn.": "Association", "Esq.": "Esquire"}
_STREETS = {"St": "Street", "Ave": "Avenue", "Rd": "Road", "Blvd": "Boulevard", "Ln": "Lane", "Dr": "Drive"}
_STREETS |= {"Ct": "Court", "Pl": "Place", "Sq": "Square", "Ter": "Terrace", "Cir": "Circle"}
_WINDS = {"N": "North", "S": "South", "E": "East", "W": "West", "NE": "Northeast", "NW": "Northwest"}
_WINDS |= {"SE": "Southeast", "SW": "Southwest"}
_STREET_NAME = r"(?:[A-Z][a-z]+|\d+(?:st|nd|rd|th))"
_STREET_WORD = any_of([*_STREETS, *_STREETS.values(), "Way", "Parkway", "Highway"])
_ROMAN = {"I": 1, "V": 5, "X": 10, "L": 50}
_COUNTED = "War Chapter Part Volume Phase Type Act Level Class Tier Title Article Section".split()
_REIGNS = "Henry Elizabeth George Charles Louis Pope John Paul Benedict Edward Richard William James Philip".split()
_NOT_AFTER_A_STOP = (
    "Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February March April May June July August "
    "September October November December E?[SD]T [ECMP][SD]?T GMT UTC CET CEST BST"
).split()
_ENDS = rf"(?=\s*$|\s+(?!(?:{'|'.join(_NOT_AFTER_A_STOP)})\b)[\"“(]?[A-Z])"

NEVER_LAST = frozenset({*_ALWAYS, *(f"{short}." for short in (*_STREETS, *_WINDS)), "No.", "Nos.", "p.", "pp.", "Fig."})
"""After one of these a text is not cut: what follows decides how it is said."""


def _roman(found: Match) -> str:
    values = [_ROMAN[letter] for letter in found[2]]
    signs = [-value if value < after else value for value, after in zip(values, [*values[1:], 0], strict=True)]
    reigns = found[1] in _REIGNS
    return f"{found[1]} the {ordinal(sum(signs))}" if reigns else f"{found[1]} {cardinal(sum(signs))}"


def _stop(found: Match, word: str) -> str:
    """An abbreviation's full stop may end the sentence as well."""
    return word + ("." if re.match(_ENDS, found.string[found.end() :]) else "")


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
    rule(r"\bDr\.?(?=\s+[A-Z])", lambda _: "Doctor"),
    rule(r"\bSt\.(?=\s?[A-Z])", lambda _: "Saint"),
    # A lone I is a pronoun, but after these.
    rule(r"\b(War|Chapter|Volume|Phase|Title|Article)\s(I)\b(?!['’.]\w)", _roman),
    rule(rf"\b({any_of([*_COUNTED, *_REIGNS])})\s([VX]|[IVXL]{{2,7}})\b(?!['’.]\w)", _roman),
    rule(r"(?<![\w.])(?:[A-Za-z]\.){2,}", _initials),
    rule(r"(?<![\w.])([A-Z])\.(?=\s[A-Z][a-z])", lambda m: m[1]),
)


def _street(found: Match) -> str:
    """Only after a name that begins with a capital; otherwise "Dr." is a doctor and "St." a saint."""
    before = re.search(rf"({_STREET_NAME})\s$", found.string[: found.start()])
    if before is None or (found[1] in {"Dr", "St"} and _names_a_person(found)):
        return found[0]
    return _stop(found, _STREETS[found[1]]) if found[0].endswith(".") else _STREETS[found[1]]


def _names_a_person(found: Match) -> bool:
    """"I saw Dr. Smith", "Call Dr. Smith": no house number stands before the name, and a name follows."""
    numbered = re.search(r"\d\w*\s(?:[A-Z][a-z]+\.?\s){0,3}$", found.string[: found.start()])
    return numbered is None and re.match(r"\s+[A-Z][a-z]", found.string[found.end() :]) is not None
