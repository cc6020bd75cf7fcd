"""Writes spoken words as Whisper does: numbers in digits, spelled words in capitals. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

_TO_NINETEEN = """zero one two three four five six seven eight nine ten
eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"""
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
NUMBERS = {
    **{word: number for number, word in enumerate(_TO_NINETEEN.split())},
    **{word: 10 * number for number, word in enumerate(_TENS.split(), 2)},
    "oh": 0,
}
"""The value of each word of a number."""
_SMALL = 10  # a single number below this is written as a word


def as_whisper_writes(words: str) -> str:
    """Write "my number is four seven one" as "my number is 471", and "it is m i l" as "it is M-I-L"."""
    written: list[str] = []
    for kind, group in groupby(words.split(), _kind):
        run = list(group)
        if kind == "number":
            written.append(_digits(run))
        elif kind == "letter" and len(run) > 1:
            written.append("-".join(run).upper())
        else:
            written += run
    return " ".join(written)


def _kind(word: str) -> str:
    if word in NUMBERS:
        return "number"
    return "letter" if len(word) == 1 and word.isalpha() else "word"


def _digits(run: list[str]) -> str:
    """Write "forty two" as "42" and "four seven one" as "471"; one small number alone stays a word."""
    numbers = list(_joined([NUMBERS[word] for word in run]))
    if len(run) == 1 and (numbers[0] < _SMALL):
        return run[0]
    return "".join(map(str, numbers))


def _joined(numbers: list[int]) -> Iterator[int]:
    """Add a unit to the tens before it."""
    tens = 0
    for number in numbers:
        if tens and 0 < number < _SMALL:
            yield tens + number
            tens = 0
            continue
        if tens:
            yield tens
        tens = number if number >= 2 * _SMALL else 0
        if not tens:
            yield number
    if tens:
        yield tens
