"""E-mail addresses, written or spoken: "jane.doe@example.com", "jane dot doe at example dot com". Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agents.redaction.kinds import Found
from agents.redaction.spoken import Token, words_of

_LONGEST_PART = 64
"""Characters before the @ (RFC 5321, 4.5.3.1.1)."""
_MOST_TOKENS = 24
"""Tokens of a spoken address, on either side of its "at"."""

_IN_LOCAL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]")
_DOMAIN = re.compile(r"[^\W_][\w-]{0,62}(?:\.[\w-]{1,63}){1,8}")
_MAIL = re.compile(r"\b(?:e ?-? ?mail|mail|correo|courriel)\b")
_NEAR = 80
_PROVIDERS = frozenset(
    words_of(
        "gmail googlemail outlook hotmail live msn yahoo icloud me aol gmx web proton protonmail t-online"
    )
)
_ENDS = frozenset(".,…?")
_MOST_BEGUN = 5
"""Tokens of a domain that may be unfinished, such as "at mail dot example"."""
_AT = frozenset({"at", "@", "arroba", "arobase"})
_DOT = frozenset({"dot", ".", "punkt", "punto", "point"})
_WORDS = frozenset(words_of("dot punkt punto point underscore dash hyphen minus plus unterstrich"))
_JOINS = _WORDS | {".", "_", "-", "+"}
_NUMBER_WORDS = frozenset(
    words_of(
        "zero oh one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
        "sixteen "
        "seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety"
    )
)
_ENDINGS = frozenset(
    words_of(
        "com org net edu gov info biz io co dev app ai uk de fr es it nl at ch ie eu us ca au in pl se no "
        "dk fi pt be jp br mx za nz example test"
    )
)


def addresses_in(text: str, tokens: Sequence[Token], asked: str = "") -> list[Found]:
    """Return the addresses in a text. `asked`: what the speaker was asked before, such as for an address."""
    return [*_written(text), *_spoken(text, tokens, asked)]


def address_begun(text: str, tokens: Sequence[Token], asked: str = "") -> Found | None:
    """Return an address in the middle of which the text breaks off: its end may be said next.

    It begins with joined or spelt words, such as "jane dot doe", and may have its "at" and more.
    """
    last = len(tokens)
    while last and tokens[last - 1].word in _ENDS:
        last -= 1
    at = next(
        (at for at in reversed(range(max(0, last - _MOST_BEGUN), last)) if tokens[at].word in _AT), last
    )
    first = _local_start(tokens[:last], at)
    mail = _speaks_of_mail(text, asked)
    joined = any(token.word in _JOINS for token in tokens[first:at])
    if at == last:
        open_end = joined and (tokens[last - 1].word in _JOINS or mail or tokens[last - 2].word in _WORDS)
    else:
        open_end = at > first and (mail or joined) and _domain_end(tokens, at + 1) is None
    return Found(tokens[first].start, tokens[last - 1].end, "email") if open_end else None


def _speaks_of_mail(text: str, asked: str) -> bool:
    return _MAIL.search(f"{asked} {text}"[-3 * _NEAR :].lower()) is not None


def _written(text: str) -> list[Found]:
    found: list[Found] = []
    at = text.find("@")
    while at >= 0:
        start = at
        while start > 0 and at - start < _LONGEST_PART and _IN_LOCAL.match(text[start - 1]):
            start -= 1
        if start < at and (domain := _DOMAIN.match(text, at + 1)):
            found.append(Found(start, domain.end(), "email"))
        at = text.find("@", at + 1)
    return found


def _spoken(text: str, tokens: Sequence[Token], asked: str) -> list[Found]:
    found = []
    for at, token in enumerate(tokens):
        if token.word not in _AT:
            continue
        last = _domain_end(tokens, at + 1)
        if last is None:
            continue
        first = _local_start(tokens, at)
        if first == at:
            continue
        if _is_address(text, tokens, first, at, asked):
            found.append(Found(tokens[first].start, tokens[last].end, "email"))
    return found


def _is_address(text: str, tokens: Sequence[Token], first: int, at: int, asked: str) -> bool:
    """Whether this is an address. One plain word needs a mail provider after it, or talk of mail before.

    "look at example.com" has neither.
    """
    if at - first > 1 or tokens[at].word != "at" or tokens[at + 1].word in _PROVIDERS:
        return True
    start = tokens[first].start
    return _MAIL.search(f"{asked} {text[max(0, start - _NEAR) : start]}".lower()) is not None


def _local_start(tokens: Sequence[Token], at: int) -> int:
    """Return the first token of the part before the "at": joined words, or spelt letters and digits."""
    first = at
    while first > 0 and at - first < _MOST_TOKENS:
        before = tokens[first - 1]
        if before.word in _JOINS:
            if first == 1 or (before.word in _JOINS - _WORDS and not _touches(tokens, first - 1)):
                break
            first -= 1
        elif not before.word.isalnum():
            break
        elif first == at or _go_together(before.word, tokens[first].word):
            first -= 1
        else:
            break
    return first


def _go_together(word: str, after: str) -> bool:
    if after in _JOINS or after.isdecimal() or after in _NUMBER_WORDS:
        return True
    return _is_spelt(word) and _is_spelt(after)


def _touches(tokens: Sequence[Token], at: int) -> bool:
    """Whether no space follows a sign, as in jane.doe."""
    return at + 1 < len(tokens) and tokens[at].end == tokens[at + 1].start


def _is_dot(tokens: Sequence[Token], at: int) -> bool:
    """Whether this is a dot. A full stop is one if it touches the next word, or only a domain can follow."""
    if tokens[at].word != ".":
        return tokens[at].word in _DOT
    return _touches(tokens, at) or tokens[at + 1].word in {"com", "org", "net"}


def _is_spelt(word: str) -> bool:
    return word.isalnum() and (len(word) == 1 or word.isdecimal() or word in _NUMBER_WORDS)


def _domain_end(tokens: Sequence[Token], at: int) -> int | None:
    """Return the last token of a domain, as in "example dot co dot uk"; None if no domain begins here."""
    last: int | None = None
    end = min(len(tokens), at + _MOST_TOKENS)
    while at < end:
        while at + 1 < end and _is_spelt(tokens[at].word) and _is_spelt(tokens[at + 1].word):
            at += 1
        if not tokens[at].word.isalnum():
            break
        if at + 1 < end and tokens[at + 1].word in {"-", "dash", "hyphen", "minus"}:
            at += 2
            continue
        if last is not None and tokens[at].word in _ENDINGS:
            last = at
        if at + 2 >= end or not _is_dot(tokens, at + 1):
            break
        if last is None:
            last = -1
        at += 2
    return last if last is not None and last >= 0 else None
