"""Cuts text into pieces that fit one speech request: at sentences, else clauses, else words. Pure.

Written text is cut only where this tears nothing apart. Then it is put into words, which are longer, and the
words are cut into pieces. LiveKit's blingfire tokenizer finds the sentences.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate

from livekit.agents import tokenize

from agents.groq.tts.spoken.abbreviations import NEVER_LAST
from agents.groq.tts.spoken.form import speakable, spoken_form
from agents.groq.tts.spoken.rule import UNBROKEN

LIMIT = 200
"""Characters that Groq's speech model accepts in one request (groq-facts)."""
FIRST_LIMIT = 70
"""Characters of a reply's first piece: the shorter it is, the sooner the caller hears it."""

_SHORTEST = 16
"""A clause or a first piece shorter than this would end before the next piece arrives."""
_BREAK = rf"(?!{UNBROKEN})\s"
_CLAUSE_END = re.compile(rf"[,;:)\]—–][\"'”’)]*(?={_BREAK})|{_BREAK}[—–-](?={_BREAK})")
_WORD_END = re.compile(rf"(?:{_BREAK})+")
_ANY_SPACE = re.compile(r"\s+")
_SENTENCE_END = re.compile(r"[.!?…][\"'”’)\]]*$")
_LIST_MARK = re.compile(r"(?:^|\n)\s*(?:\d{1,2}[.)]|[-*+•]|#+)$")
_SENTENCES = tokenize.blingfire.SentenceTokenizer(min_sentence_len=1, retain_format=True)


def ends_sentence(piece: str) -> bool:
    """Whether a speaker would pause after this piece."""
    return _SENTENCE_END.search(piece) is not None


def whole_sentences(text: str) -> int:
    """Return how many characters of an unfinished text are certainly whole sentences."""
    return _whole(text, shortest=1)


def part_of(text: str, *, least: int, most: int) -> int:
    """Return where to stop in a longer text: the last sentence's end between `least` and `most` characters.

    Else the next sentence's end, if that comes soon, or else the end of a clause or a word.
    """
    near = text[: 2 * max(least, most)]
    ends = [end for end in _sentence_ends(near) if least <= end < len(near.rstrip()) and _may_end(text, end)]
    fitting = [end for end in ends if end <= most]
    if fitting:
        return fitting[-1]
    if ends and ends[0] <= 1.5 * most:
        return ends[0]
    return max(least, _within(text, most, written=True))


def split_for_speech(text: str, limit: int = LIMIT) -> list[str]:
    """Put a text into words, in as few pieces of at most `limit` characters as whole sentences allow.

    Loses and reorders nothing speakable; unspeakable text gives no pieces.
    """
    return list(_pieces(spoken_form(text), limit))


@dataclass
class TextSplitter:
    """Streaming `split_for_speech`: returns each piece as soon as it is certainly complete.

    The more text comes at once, the fewer the pieces. The first has at most `first_limit` characters.
    """

    limit: int = LIMIT
    first_limit: int = FIRST_LIMIT
    _text: str = field(default="", init=False)
    _first: bool = field(default=True, init=False)

    def push(self, text: str) -> list[str]:
        self._text += text
        pieces = []
        while size := self._complete():
            pieces += self._take(size)
        return pieces

    def finish(self) -> list[str]:
        """Return the rest. Later text continues the same reply: its next piece is not a first piece."""
        return self._take(len(self._text))

    def _take(self, size: int) -> list[str]:
        written, self._text = self._text[:size], self._text[size:].lstrip()
        pieces = list(_pieces(spoken_form(written), self.limit, self.first_limit if self._first else None))
        self._first = self._first and not pieces
        return pieces

    def _complete(self) -> int:
        """Return how many characters can be spoken already; 0: wait for more."""
        shortest, limit = (_SHORTEST, self.first_limit) if self._first else (1, self.limit)
        if whole := _whole(self._text, shortest=shortest):
            return whole
        return _within(self._text, limit, written=True) if len(self._text) > limit else 0


def _pieces(spoken: str, limit: int, first_limit: int | None = None) -> Iterator[str]:
    """Cut spoken words into pieces. A first piece with its own limit has as few sentences as sensible."""
    while spoken:
        size = _piece(spoken, limit) if first_limit is None else _first_piece(spoken, first_limit)
        piece, spoken, first_limit = spoken[:size].strip(), spoken[size:].lstrip(), None
        if speakable(piece):
            yield piece.replace(UNBROKEN, " ")


def _piece(spoken: str, limit: int) -> int:
    if len(spoken) <= limit:
        return len(spoken)
    # Look ahead only as far as needed: otherwise 10,000 characters would be tokenized 50 times.
    fitting = [end for end in _sentence_ends(spoken[: 2 * limit]) if end <= limit]
    return fitting[-1] if fitting else _within(spoken, limit)


def _first_piece(spoken: str, limit: int) -> int:
    fitting = [end for end in _sentence_ends(spoken[: 2 * limit]) if _SHORTEST <= end <= limit]
    if fitting:
        return fitting[0]
    return len(spoken) if len(spoken) <= limit else _within(spoken, limit)


def _whole(text: str, *, shortest: int) -> int:
    # The last sentence is incomplete: 3. may become 3.50.
    ends = [end for end in _sentence_ends(text)[:-1] if end >= shortest]
    return next((end for end in reversed(ends) if _may_end(text, end)), 0)


def _sentence_ends(text: str) -> list[int]:
    return list(accumulate(map(len, _SENTENCES.tokenize(text.rstrip()))))


def _within(text: str, limit: int, *, written: bool = False) -> int:
    """Return the end of the last clause, or else word, within `limit`; cut a longer word."""
    shortest = min(_SHORTEST, limit)
    clauses = [found.end() for found in _CLAUSE_END.finditer(text, 0, limit + 1)]
    words = [found.start() for found in _WORD_END.finditer(text, 0, limit + 1)]
    anywhere = [found.start() for found in _ANY_SPACE.finditer(text, 0, limit + 1)]
    for ends, least, careful in ((clauses, shortest, written), (words, 1, written), (anywhere, 1, False)):
        for end in reversed(ends):
            if least <= end <= limit and not (careful and _tears(text, end)):
                return end
    return limit


def _may_end(text: str, end: int) -> bool:
    """Whether a sentence may end here: not after "Dr." or a list's "1.", and not in the middle of marks."""
    before = text[:end].rstrip()
    last = before.rpartition(" ")[2].rpartition("\n")[2]
    return last not in NEVER_LAST and not _LIST_MARK.search(before) and not _is_open(before)


def _tears(text: str, end: int) -> bool:
    """Whether a number, a date, an abbreviation or a mark would be torn between the words at `end`."""
    # Two words on each side: "the 3rd of | May", "5 sq | ft".
    beside = text[max(0, end - 40) : end].split()[-2:] + text[end : end + 40].split()[:2]
    return any(map(str.isnumeric, "".join(beside))) or not _may_end(text, end)


def _is_open(before: str) -> bool:
    return before.count("[") > before.count("]") or before.rfind("<") > max(
        before.rfind(">"), len(before) - 40
    )
