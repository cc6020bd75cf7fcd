"""Tells what kind of number follows, by the words before it. Pure.

Without these words, nobody can tell a telephone number of seven digits from an order number of seven.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum

from agents.redaction.spoken import Piece, Run

_NEAR = 80
"""Characters before a number in which a label counts."""

_TELEPHONE = re.compile(
    r"\b(?:(?:tele)?phone|mobile|cell(?:phone)?|landline|fax|whatsapp|call ?back|"
    r"(?:call|ring|text|reach|phone) (?:me|us|him|her|them)|telefon(?:nummer)?|handy(?:nummer)?|rufnummer|"
    r"téléphone|portable|teléfono|móvil|celular)\b"
)
_IDENTITY = re.compile(
    r"\b(?:social security|social insurance|ssn|national insurance|nino|national id|"
    r"tax (?:id|number|code|file)|taxpayer|steuer(?:nummer|-?id)?|passport|reisepass|ausweis(?:nummer)?|"
    r"driver'?s?'? licen[cs]e|driving licen[cs]e|identity (?:card|number)|id (?:card|number)|"
    r"personal number|personnummer|nhs|medicare|aadhaar|bsn|cpf|dni|nie|pesel|codice fiscale|"
    r"sécurité sociale|seguridad social|sozialversicherungsnummer)\b"
)
_ACCOUNT = re.compile(r"\b(?:iban|bank account|sort code|routing number|kontonummer|bankverbindung)\b")
_CARD = re.compile(
    r"\b(?:(?:credit|debit|bank|kredit)[ -]?(?:card|karte)|card number|visa|master ?card|amex)\b"
)
_CODE = re.compile(r"\b(?:cvv|cvc|cvv2|cvc2|security code|card verification)\b")
_THING = (
    r"(?:order|invoice|ticket|reference|ref|case|booking|reservation|tracking|parcel|shipment|serial|article|"
    r"product|model|part|customer|contract|policy|claim|meter|zip|postal|post|flight|confirmation|"
    r"bestell|rechnungs|auftrags|kunden|vertrags)"
)
_THING_NUMBER = re.compile(
    rf"\b{_THING}[ -]?(?:number|no|nr|id|code|reference|nummer)\b|"
    r"\b(?:bestell|rechnungs|auftrags|kunden|vertrags)nummer\b"
)
_THING_ALONE = re.compile(rf"\b{_THING}\b")

_DATE = re.compile(r"\d{1,2}([./-])\d{1,2}\1(?:\d{4}|\d\d)|\d{4}([./-])\d{1,2}\2\d{1,2}")
_SURE_DATE = re.compile(r"\b(?:(?:19|20)\d\d-[01]\d-[0-3]\d|[0-3]?\d([./])[0-3]?\d\1(?:19|20)\d\d)\b")
"""A date with a four-digit year: other numbers may follow it."""
_AMOUNT = re.compile(r"[1-9]\d{0,2}(?:[,.]\d{3}){0,4}(?:[,.]\d{1,2})?")
_CURRENCY = re.compile(r"[$€£¥₹%]|(?:dollars?|euros?|pounds?|cents?|percent|francs?|usd|eur|gbp|chf)\b")
_CURRENCY_BEFORE = re.compile(r"(?:[$€£¥₹]|\b(?:usd|eur|gbp|chf|costs?|price is)) ?$")


class Label(Enum):
    """What a number is said to be."""

    TELEPHONE = "telephone"
    IDENTITY = "identity"
    ACCOUNT = "account"
    CARD = "card"
    CODE = "code"  # of a card
    THING_NUMBER = "thing number"  # the number of an order, an invoice, a ticket
    THING = "thing"  # such a thing is mentioned
    NONE = "none"


def label_of(before: str) -> Label:
    """Return the label nearest to a number. `before`: the text since the previous number, or the start.

    An order is weaker than a telephone, as in "the callback number for my order is"; an order number is not.
    """
    near = before[-_NEAR:].lower()
    last = -1
    label = Label.NONE
    for found_as, pattern in (
        (Label.ACCOUNT, _ACCOUNT),
        (Label.CARD, _CARD),
        (Label.CODE, _CODE),
        (Label.TELEPHONE, _TELEPHONE),
        (Label.IDENTITY, _IDENTITY),
        (Label.THING_NUMBER, _THING_NUMBER),
    ):
        for found in pattern.finditer(near):
            if found.end() > last:
                label, last = found_as, found.end()
    if label is Label.NONE and _THING_ALONE.search(near):
        return Label.THING
    return label


def without_dates(text: str, run: Run) -> Sequence[Run]:
    """Return what is left of a run without its dates."""
    dates = [found.span() for found in _SURE_DATE.finditer(text, run[0].start, run[-1].end)]
    if not dates:
        return [run]
    parts: list[list[Piece]] = [[]]
    for piece in run:
        if not any(start <= piece.start < end for start, end in dates):
            parts[-1].append(piece)
        elif parts[-1]:
            parts.append([])
    return [part for part in parts if part]


def is_date_or_amount(text: str, start: int, end: int) -> bool:
    """Whether the digits at this place are written as a date, or as money."""
    written = text[start:end]
    if _DATE.fullmatch(written) or _CURRENCY_BEFORE.search(text[max(0, start - 10) : start].lower()):
        return True
    if _CURRENCY.match(text[end : end + 12].strip().lower()):
        return True
    return not written.isdigit() and _AMOUNT.fullmatch(written) is not None
