"""Digits and letters in a text, however they are written or spoken: "4111", "four one", "double five". Pure.

Everything here reads a text once, from left to right: no pattern can be slow on a hostile text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum


def words_of(text: str) -> Sequence[str]:
    """Return the words of a list that is written as one text."""
    return text.split()


_TOKEN = re.compile(r"\d+|[^\W\d_]+(?:['’][^\W\d_]+)?|\S")
_MOST_GAPS = 4
"""Fillers and punctuation in a row that one number may have inside, as in "one one, and then, four"."""

_DIGITS = {
    word: str(value)
    for words in (
        "zero one two three four five six seven eight nine",
        "null eins zwei drei vier fünf sechs sieben acht neun",
        "zéro un deux trois quatre cinq six sept huit neuf",
        "cero uno dos tres cuatro cinco seis siete ocho nueve",
    )
    for value, word in enumerate(words.split())
} | {"oh": "0", "o": "0", "nought": "0", "naught": "0", "zwo": "2", "niner": "9"}
_TEENS = {
    word: str(value)
    for value, word in enumerate(
        words_of("ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"), 10
    )
}
_TENS = {
    word: value
    for value, word in enumerate(words_of("twenty thirty forty fifty sixty seventy eighty ninety"), 2)
}
_TIMES = {"double": 2, "triple": 3, "treble": 3, "quadruple": 4}
_NOUGHTS = {"hundred": "00", "thousand": "000"}
_LETTERS = {
    word: word[0].upper()
    for word in words_of(
        "alpha alfa bravo charlie delta echo foxtrot golf hotel india juliet juliett kilo lima mike "
        "november oscar papa quebec romeo sierra tango uniform victor whiskey xray yankee zulu"
    )
}
_FILLERS = frozenset(
    words_of(
        "uh um uhm er erm hm mm and then und et y dash hyphen minus space slash dot point stroke sorry "
        "okay ok "
        "yes yeah wait so next"
    )
)
_SEPARATORS = frozenset("-–—‑./,()…·'\"")
_LONGEST_WORD, _LONGEST_CAPITALS = 4, 6
"""The most letters of a group inside a number, as in gb29 nwbk, and of a group in capitals."""


class Reading(Enum):
    """Words that can be two numbers: "twenty five" is 25 or 20 5, "one hundred eleven" is 111 or 100 11."""

    JOINED = "joined"
    APART = "apart"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class Token:
    """A number, a word or a sign of a text. `word` is in lower case."""

    start: int
    end: int
    word: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A group of digits, or of letters in capitals, at `start` to `end` of a text."""

    start: int
    end: int
    text: str
    is_loose: bool = False  # letters that may as well be a word, such as "de" or "is"

    @property
    def is_digits(self) -> bool:
        return self.text.isdigit()


Run = Sequence[Piece]
"""Pieces with nothing but fillers and separators between them."""


def tokens_of(text: str) -> list[Token]:
    """Return all tokens of a text, in order."""
    return [Token(found.start(), found.end(), found.group().lower()) for found in _TOKEN.finditer(text)]


def is_gap(word: str) -> bool:
    """Whether a number may continue after this word or sign."""
    return word in _SEPARATORS or word in _FILLERS


def has_numbers(tokens: Sequence[Token]) -> bool:
    """Whether any token is a number, or a word for one."""
    return any(token.word.isdigit() or token.word in _DIGITS or token.word in _TEENS for token in tokens) or (
        any(token.word in _TENS for token in tokens)
    )


def readings_of(tokens: Sequence[Token]) -> list[Reading]:
    """Return the readings that may differ for this text."""
    words = {token.word for token in tokens}
    apart = [Reading.APART] if words & _TENS.keys() else []
    added = [Reading.ADDED] if words & _NOUGHTS.keys() else []
    return [Reading.JOINED, *apart, *added]


def runs_of(text: str, tokens: Sequence[Token], reading: Reading, *, letters: bool = False) -> list[Run]:
    """Return the runs of digits; with `letters`, of digits and letters."""
    return _Reader(text, tokens, reading, letters=letters).runs()


class _Reader:
    def __init__(self, text: str, tokens: Sequence[Token], reading: Reading, *, letters: bool) -> None:
        self._text, self._tokens, self._reading, self._letters = text, tokens, reading, letters
        self._runs: list[Run] = []
        self._run: list[Piece] = []
        self._gaps = 0

    def runs(self) -> list[Run]:
        at = 0
        while at < len(self._tokens):
            found = self._digits(at) or (self._letter_group(at) if self._letters else None)
            if found is not None:
                piece, at = found
                self._run.append(piece)
                self._gaps = 0
                continue
            self._gaps += 1
            if not is_gap(self._tokens[at].word) or self._gaps > _MOST_GAPS:
                self._end_run()
            at += 1
        self._end_run()
        return self._runs

    def _end_run(self) -> None:
        if self._run:
            self._runs.append(self._run)
        self._run, self._gaps = [], 0

    def _digits(self, at: int) -> tuple[Piece, int] | None:
        """Return the piece that begins at this token, and the place of the token after it."""
        token = self._tokens[at]
        word = token.word
        if word.isdecimal():
            return self._made(at, at, "".join(str(int(digit)) for digit in word))
        if (small := _DIGITS.get(word) or _TEENS.get(word)) is not None:
            return self._made(at, at, small)
        if word in _TENS:
            last, value = self._below_hundred(at)
            return self._made(at, last, value)
        if word in _TIMES:
            return self._repeated(at, _TIMES[word])
        if word in _NOUGHTS and self._run and self._gaps == 0:
            return self._noughts(at)
        return None

    def _made(self, first: int, last: int, digits: str) -> tuple[Piece, int]:
        return Piece(self._tokens[first].start, self._tokens[last].end, digits), last + 1

    def _below_hundred(self, at: int) -> tuple[int, str]:
        """Return the last token and the digits of a two-digit number that begins with, say, twenty."""
        ten, after = _TENS[self._tokens[at].word], at + 1
        if self._word(after) == "-":
            after += 1
        unit = _DIGITS.get(self._word(after), "0")
        if self._reading is Reading.APART or unit == "0":
            return at, f"{ten}0"
        return after, f"{ten}{unit}"

    def _repeated(self, at: int, times: int) -> tuple[Piece, int] | None:
        word = self._word(at + 1)
        digit = _DIGITS.get(word, word)
        return (
            self._made(at, at + 1, str(int(digit)) * times) if len(digit) == 1 and digit.isdecimal() else None
        )

    def _noughts(self, at: int) -> tuple[Piece, int]:
        noughts = _NOUGHTS[self._tokens[at].word]
        if self._reading is Reading.ADDED and len(noughts) == 2:
            after = at + 2 if self._word(at + 1) == "and" else at + 1
            word = self._word(after)
            if word in _TENS:
                last, value = self._below_hundred(after)
                return self._made(at, last, value)
            if value := _TEENS.get(word) or _DIGITS.get(word, ""):
                return self._made(at, after, value.zfill(2))
        return self._made(at, at, noughts)

    def _letter_group(self, at: int) -> tuple[Piece, int] | None:
        token = self._tokens[at]
        if token.word in _LETTERS:
            return self._made(at, at, _LETTERS[token.word])
        capitals = self._text[token.start : token.end].isupper()
        longest = _LONGEST_CAPITALS if capitals else _LONGEST_WORD
        if not token.word.isalpha() or not token.word.isascii() or len(token.word) > longest:
            return None
        is_loose = len(token.word) > 1 and not capitals
        return Piece(token.start, token.end, token.word.upper(), is_loose), at + 1

    def _word(self, at: int) -> str:
        return self._tokens[at].word if at < len(self._tokens) else ""
