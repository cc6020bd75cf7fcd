"""Replaces people's numbers and addresses in a text by their kind. Pure; takes 0.02 to 0.4 ms per turn."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from agents.redaction import telephones
from agents.redaction.addresses import address_begun, addresses_in
from agents.redaction.kinds import KINDS, LONGEST_STAYING, Found, Kind, last_shown
from agents.redaction.labels import Label, is_date_or_amount, label_of, without_dates
from agents.redaction.numbers import FEWEST as FEWEST_OF_CARD
from agents.redaction.numbers import FIRST as FIRST_OF_CARD
from agents.redaction.numbers import MOST as MOST_OF_CARD
from agents.redaction.numbers import accounts_in, cards_in, identities_in, is_brand, lettered_identities_in
from agents.redaction.spoken import Reading, Run, Token, has_numbers, is_gap, readings_of, runs_of, tokens_of
from agents.redaction.telephones import FEWEST, MOST, Telephones

_FIRST = "DE89 3704 0044 0532 0130 00, 4111 1111 1111 1111, AB 12 34 56 C, 020 7946 0958, a at gmail dot com"
_FEWEST_OF_PART = 4
"""The fewest digits of a piece of a read-back. Three are an area code, or nothing."""
_FEWEST_UNFINISHED = 3
_FEWEST_OF_ACCOUNT, _MOST_OF_ACCOUNT = 6, 32
_FEWEST_OF_IDENTITY, _MOST_OF_IDENTITY = 6, 18


def preload() -> None:
    """Load everything that would take long at its first use in a process."""
    telephones.preload()
    Redactor(KINDS).redact(_FIRST)


class Redactor:
    """Redacts one call. It remembers the numbers that it has found, since they are read back in pieces."""

    def __init__(self, kinds: Collection[Kind]) -> None:
        self._kinds = frozenset(kinds)
        self._before: list[tuple[int, frozenset[Kind]]] = []  # kinds replaced until then, ms UTC
        self._known: dict[str, Kind] = {}

    @property
    def kinds(self) -> frozenset[Kind]:
        """What it replaces now; empty: nothing."""
        return self._kinds

    def change(self, kinds: Collection[Kind], *, at: int) -> None:
        """Replace these kinds from `at` on, ms UTC: another role, or one more, has the caller."""
        if self._kinds != frozenset(kinds):
            self._before.append((at, self._kinds))
            self._kinds = frozenset(kinds)

    def since(self, began_at: int) -> Redactor:
        """Return a redactor for words that began then, ms UTC: it replaces every kind replaced since."""
        kinds = self._kinds.union(*(kinds for until, kinds in self._before if until > began_at))
        if kinds == self._kinds:
            return self
        strict = Redactor(kinds)
        strict._known = self._known
        return strict

    def redact(self, text: str, asked: str = "") -> str:
        """Redact a text. `asked`: what was said before, which may tell what a number is."""
        return replaced(text, self.find(text, asked))

    def redact_all(self, value: Any, name: str = "") -> Any:
        """Redact every text and number of a JSON value. A field's name tells what is in it."""
        if isinstance(value, Mapping):
            return {self.redact(str(key)): self.redact_all(inside, str(key)) for key, inside in value.items()}
        if isinstance(value, str):
            return self.redact(value, name.replace("_", " "))
        if isinstance(value, Sequence):
            return [self.redact_all(inside, name) for inside in value]
        if isinstance(value, int | float) and not isinstance(value, bool):
            written = str(value)
            told = self.redact(written, name.replace("_", " "))
            return value if told == written else told
        return value

    def find(self, text: str, asked: str = "") -> list[Found]:
        """Return what is to be replaced, in order, without overlaps."""
        if not self._kinds:
            return []
        tokens = tokens_of(text)
        found = addresses_in(text, tokens, asked)
        if has_numbers(tokens):
            found += self._numbers(text, tokens, asked)
        kept = [one for one in without_overlaps(found) if one.kind in self._kinds]
        self._known |= {one.digits: one.kind for one in kept if one.digits and not one.is_part}
        return kept

    def unfinished(self, text: str, found: Sequence[Found], asked: str = "") -> Found | None:
        """Return a number or address within which the text breaks off: the rest may be said next."""
        if not self._kinds:
            return None
        tokens = tokens_of(text)
        if "email" in self._kinds and (begun := address_begun(text, tokens, asked)) is not None:
            return begun
        numbers = self._kinds - {"email"}
        runs = runs_of(text, tokens, Reading.JOINED) if numbers and has_numbers(tokens) else []
        if not runs or not all(is_gap(token.word) for token in tokens if token.start >= runs[-1][-1].end):
            return None
        before = text[runs[-2][-1].end if len(runs) > 1 else 0 : runs[-1][0].start]
        start, end = runs[-1][0].start, runs[-1][-1].end
        digits = "".join(piece.text for piece in runs[-1])
        label = said_to_be(before, asked)
        if len(digits) < _FEWEST_UNFINISHED or label in {Label.THING_NUMBER, Label.CODE}:
            return None
        if label is Label.THING and len(digits) <= LONGEST_STAYING:
            return None
        if is_date_or_amount(text, start, end):
            return None
        whole = next(
            (one for one in found if one.start <= start and one.end >= end and not one.is_part), None
        )
        if whole is not None and _is_whole(whole, label):
            return None
        return Found(start, end, next(iter(sorted(numbers))), digits, is_part=True)

    def _numbers(self, text: str, tokens: Sequence[Token], asked: str) -> Iterator[Found]:
        for reading in readings_of(tokens):
            for run in runs_of(text, tokens, reading):
                yield from cards_in(run)
            for run in runs_of(text, tokens, reading, letters=True):
                yield from accounts_in(run)
        for run in runs_of(text, tokens, Reading.JOINED, letters=True):
            yield from lettered_identities_in(run)
        numbers, before = Telephones(), 0
        for whole in runs_of(text, tokens, Reading.JOINED):
            for run in without_dates(text, whole):
                yield from self._by_label(text, run, asked, text[before : run[0].start], numbers)
                before = run[-1].end

    def _by_label(self, text: str, run: Run, asked: str, before: str, numbers: Telephones) -> Iterator[Found]:
        digits = "".join(piece.text for piece in run)
        start, end = run[0].start, run[-1].end
        label = said_to_be(before, asked)
        if label is Label.CODE and len(digits) in {3, 4}:
            yield Found(start, end, "card", digits)
        elif label is Label.CARD and FEWEST_OF_CARD - 1 <= len(digits) <= MOST_OF_CARD:
            yield Found(start, end, "card", digits)  # one digit of it was misheard
        if is_date_or_amount(text, start, end):
            return
        if label is Label.IDENTITY and _FEWEST_OF_IDENTITY <= len(digits) <= _MOST_OF_IDENTITY:
            yield Found(start, end, "identity", digits)
        elif label is Label.ACCOUNT and _FEWEST_OF_ACCOUNT <= len(digits) <= _MOST_OF_ACCOUNT:
            yield Found(start, end, "account", digits)  # a part of it was misheard, or it has no checksum
        elif label is Label.TELEPHONE and FEWEST <= len(digits) <= MOST:
            yield Found(start, end, "telephone", digits)
        elif label is not Label.THING_NUMBER:
            thing = label is Label.THING
            yield from () if thing else identities_in(run)
            yield from numbers.among(run, international=_after_plus(text, start), thing=thing)
        yield from self._parts(digits, start, end)

    def _parts(self, digits: str, start: int, end: int) -> Iterator[Found]:
        """Yield a part of a number that this call had before. The last four digits of a card may be shown."""
        if len(digits) < _FEWEST_OF_PART:
            return
        for known, kind in self._known.items():
            if digits in known and digits != last_shown(known):
                yield Found(start, end, kind, is_part=True)
                return


def _after_plus(text: str, start: int) -> bool:
    before = text[max(0, start - 8) : start].rstrip(" (").lower()
    return before.endswith(("+", "plus"))


def without_overlaps(found: Sequence[Found]) -> list[Found]:
    """Keep the longest of those that overlap; prefer a whole number to a part of one.

    One number in ten passes for a card's, so if no brand has such a card, any other kind is likelier.
    """
    taken: set[int] = set()
    kept = []
    for one in sorted(found, key=lambda one: (one.is_part, one.start - one.end, _is_unlikely(one))):
        if one.start not in taken and one.end - 1 not in taken:
            kept.append(one)
            taken.update(range(one.start, one.end))
    return sorted(kept, key=lambda one: one.start)


def _is_whole(found: Found, label: Label) -> bool:
    """Whether no more can follow. The first ten digits of a card number may pass for a telephone number."""
    if found.kind == "telephone":
        return len(found.digits) >= 10 and (label is Label.TELEPHONE or found.digits[0] not in FIRST_OF_CARD)
    return found.kind != "card" or is_brand(found.digits)


def said_to_be(before: str, asked: str) -> Label:
    """Return the label in the words before a number; if there is none, the one in what was said before."""
    label = label_of(before)
    return label_of(asked) if label is Label.NONE else label


def _is_unlikely(one: Found) -> bool:
    return one.kind == "card" and not is_brand(one.digits)


def replaced(text: str, found: Sequence[Found]) -> str:
    """Return the text with each of these replaced."""
    parts, at = [], 0
    for one in found:
        parts += [text[at : one.start], one.in_place]
        at = one.end
    return "".join([*parts, text[at:]])
