"""Card, account and identity numbers among a text's runs of digits. Pure. Checksums: python-stdnum."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from stdnum import luhn, numdb
from stdnum.be import nn as be_nn
from stdnum.br import cpf as br_cpf
from stdnum.ch import ssn as ch_ssn
from stdnum.cn import ric as cn_ric
from stdnum.dk import cpr as dk_cpr
from stdnum.es import dni as es_dni
from stdnum.es import nie as es_nie
from stdnum.fr import nir as fr_nir
from stdnum.iban import is_valid as is_iban
from stdnum.ie import pps as ie_pps
from stdnum.in_ import aadhaar as in_aadhaar
from stdnum.in_ import pan as in_pan
from stdnum.it import codicefiscale as it_codice
from stdnum.kr import rrn as kr_rrn
from stdnum.mx import curp as mx_curp
from stdnum.se import personnummer as se_personnummer
from stdnum.us import ssn as us_ssn

from agents.redaction.kinds import Found
from agents.redaction.spoken import Piece, Run

FEWEST, MOST = 13, 19
"""Digits of a card number (ISO/IEC 7812-1, and the oldest Visa numbers)."""
FIRST = "23456"
"""The digits with which card numbers of the major brands begin."""
_LONGEST_IBAN, _SHORTEST_IBAN = 34, 15

_BRAND = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|3[0689]\d{12}|35\d{14}|"
    r"(?:6\d|5[0678])\d{14}(?:\d{3})?"
)
"""Lengths and first digits of the major brands. A card number among other digits must have these as well."""
_BRANDS_LENGTHS = frozenset({13, 14, 15, 16, 19})

_NINO = re.compile(r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]\d{6}[A-D]")
"""National Insurance numbers: HMRC's National Insurance Manual, NIM39110. They have no checksum."""

_LETTERED = (
    (re.compile(r"\d{8}[A-Z]"), es_dni),
    (re.compile(r"[XYZ]\d{7}[A-Z]"), es_nie),
    (re.compile(r"\d{7}[A-W][A-IW]?"), ie_pps),
    (re.compile(r"[A-Z]{5}\d{4}[A-Z]"), in_pan),
    (re.compile(r"[A-Z]{6}\d\d[A-Z]\d\d[A-Z]\d{3}[A-Z]"), it_codice),
    (re.compile(r"[A-Z]{4}\d{6}[A-Z]{6}[A-Z\d]\d"), mx_curp),
)
_SHAPES = re.compile("|".join(shape.pattern for shape in (_NINO, *(shape for shape, _ in _LETTERED))))
_LETTERED_LENGTHS = frozenset({8, 9, 10, 16, 18})
_LONGEST_LETTERED = max(_LETTERED_LENGTHS)
_GROUPED = (
    ((3, 2, 4), us_ssn),
    ((3, 3, 3, 2), br_cpf),
    ((6, 4), dk_cpr),
    ((6, 4), se_personnummer),
    ((8, 4), se_personnummer),
    ((4, 4, 4), in_aadhaar),
    ((6, 7), kr_rrn),
    ((2, 2, 2, 3, 2), be_nn),
)
_LONG = {13: ch_ssn, 15: fr_nir, 18: cn_ric}
"""By length. Hardly any other number has both the structure and the checksum of one of these by chance."""


def cards_in(run: Run) -> Iterator[Found]:
    """Yield a run that is one card number, or the major brands' card numbers within a longer run."""
    digits = "".join(piece.text for piece in run)
    if FEWEST <= len(digits) <= MOST and luhn.checksum(digits) == 0:
        yield _found(run, "card", digits)
        return
    if len(digits) < FEWEST:
        return
    at = 0
    while at < len(run):
        end = _card_end(run, at)
        if end is not None:
            yield _found(run[at:end], "card", "".join(piece.text for piece in run[at:end]))
        at = end or at + 1


def _card_end(run: Run, at: int) -> int | None:
    """Return the end of the longest card number that begins at this piece; None: none does."""
    if run[at].text[0] not in FIRST:
        return None
    best, digits = None, ""
    for end in range(at, min(len(run), at + MOST)):
        digits += run[end].text
        if len(digits) in _BRANDS_LENGTHS and is_brand(digits) and luhn.checksum(digits) == 0:
            best = end + 1
    return best


def is_brand(digits: str) -> bool:
    """Whether length and first digits are those of a major brand."""
    return _BRAND.fullmatch(digits) is not None


def accounts_in(run: Run) -> Iterator[Found]:
    """Yield the IBANs in a run of digits and letters."""
    if all(piece.is_digits for piece in run):
        return
    at = 0
    while at < len(run):
        end = _iban_end(run, at)
        if end is not None:
            yield _found(run[at:end], "account", "".join(piece.text for piece in run[at:end]))
        at = end or at + 1


def _iban_end(run: Run, at: int) -> int | None:
    text = ""
    length: int | None = None
    for end in range(at, min(len(run), at + _LONGEST_IBAN)):
        text += run[end].text
        if length is None and len(text) >= 4:
            length = _iban_length(text)
            if length is None:
                return None
        if length is not None and len(text) >= length:
            return end + 1 if len(text) == length and is_iban(text) else None
    return None


def _iban_length(text: str) -> int | None:
    """Return an IBAN's length, by its country; None if the text cannot be an IBAN."""
    if not (text[:2].isalpha() and text[2:4].isdigit()):
        return None
    return _LENGTHS.get(text[:2])


def _lengths() -> dict[str, int]:
    """Return the length of each country's IBANs, from python-stdnum's copy of SWIFT's registry."""
    database, lengths = numdb.get("iban"), {}
    letters = [chr(code) for code in range(ord("A"), ord("Z") + 1)]
    for country in (first + second for first in letters for second in letters):
        info = database.info(country + "00")[0][1]
        if structure := info.get("bban"):
            lengths[country] = 4 + sum(int(count) for count in re.findall(r"(\d+)!", structure))
    return lengths


_LENGTHS = _lengths()


def lettered_identities_in(run: Run) -> Iterator[Found]:
    """Yield the identity numbers with letters in a run of digits and letters."""
    if all(piece.is_digits for piece in run):
        return
    at = 0
    while at < len(run):
        end = _lettered_end(run, at)
        if end is not None:
            yield _found(run[at:end], "identity", "".join(piece.text for piece in run[at:end]))
        at = end or at + 1


def _lettered_end(run: Run, at: int) -> int | None:
    text, best = "", None
    for end in range(at, min(len(run), at + _LONGEST_LETTERED)):
        if run[end].is_loose:
            break
        text += run[end].text
        if len(text) in _LETTERED_LENGTHS and _SHAPES.fullmatch(text) and _is_lettered(text):
            best = end + 1
    return best


def _is_lettered(text: str) -> bool:
    if _NINO.fullmatch(text):
        return True
    return any(shape.fullmatch(text) and module.is_valid(text) for shape, module in _LETTERED)


def identities_in(run: Run) -> Iterator[Found]:
    """Yield the run if it is an identity number, by how it is grouped, or by length and checksum."""
    digits = "".join(piece.text for piece in run)
    lengths = tuple(len(piece.text) for piece in run)
    grouped = any(lengths == groups and module.is_valid(digits) for groups, module in _GROUPED)
    long = _LONG.get(len(digits))
    if grouped or (long is not None and _begins_right(digits) and long.is_valid(digits)):
        yield _found(run, "identity", digits)


def _begins_right(digits: str) -> bool:
    return len(digits) == 18 or digits[0] in "12" or digits.startswith("756")


def _found(run: Sequence[Piece], kind: str, digits: str) -> Found:
    return Found(run[0].start, run[-1].end, kind, digits)  # type: ignore[arg-type]
