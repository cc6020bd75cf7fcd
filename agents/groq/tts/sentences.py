"""Cuts text into pieces that one speech request can carry: at sentence ends, else clauses, else words. Pure.

Sentences are LiveKit's blingfire tokenizer's: it knows "Dr." and "3.50".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import accumulate

from livekit.agents import tokenize
from livekit.agents.voice.transcription.filters import EMOJI_PATTERN, INLINE_PATTERNS, LINE_PATTERNS

LIMIT = 200
"""Characters Groq's speech model takes in one request (groq-facts)."""
FIRST_LIMIT = 70
"""Characters of a reply's first piece: the shorter, the sooner something is heard."""

_SHORTEST = 16
"""A clause, or a reply's beginning, shorter than this would be over before the next piece is there."""
_CLAUSE_END = re.compile(r"[,;:)\]—–][\"'”’)]*(?=\s)|\s[—–-](?=\s)")
_SPACE = re.compile(r"\s+")
_STRAY_MARKDOWN = re.compile(r"[*`~|]")
_SENTENCE_END = re.compile(r"[.!?…][\"'”’)\]]*$")
_SENTENCES = tokenize.blingfire.SentenceTokenizer(min_sentence_len=1, retain_format=True)


def speakable(text: str) -> str:
    """One line without markdown, emoji and control characters; empty when nothing is left to be spoken."""
    for pattern, kept in (*LINE_PATTERNS, *INLINE_PATTERNS):
        text = pattern.sub(kept, text)
    text = EMOJI_PATTERN.sub("", _STRAY_MARKDOWN.sub("", text))
    text = "".join(letter if letter.isprintable() else " " for letter in text)
    text = _SPACE.sub(" ", text).strip()
    return text if any(letter.isalnum() for letter in text) else ""


def ends_sentence(piece: str) -> bool:
    """Whether a speaker would pause after it."""
    return _SENTENCE_END.search(piece) is not None


def split_for_speech(text: str, limit: int = LIMIT, *, first_limit: int | None = None) -> list[str]:
    """Cut a whole text into pieces of at most `limit` characters, the first of at most `first_limit`.

    Whole sentences are put together as far as they fit. Nothing that is spoken is lost, or moved; text that
    cannot be spoken gives no pieces.
    """
    cutter = TextSplitter(limit, first_limit=first_limit or limit)
    return [*cutter.push(text), *cutter.finish()]


@dataclass
class TextSplitter:
    """The same for text that comes bit by bit. A piece is given out as soon as it is known to be whole."""

    limit: int = LIMIT
    first_limit: int = FIRST_LIMIT
    _text: str = field(default="", init=False)
    _first: bool = field(default=True, init=False)

    def push(self, text: str) -> list[str]:
        self._text += text
        pieces = []
        while piece := self._next(at_end=False):
            pieces.append(piece)
        return [spoken for piece in pieces if (spoken := speakable(piece))]

    def finish(self) -> list[str]:
        """Everything that is left; the cutter is then as new, but knows that it has begun."""
        pieces = []
        while piece := self._next(at_end=True):
            pieces.append(piece)
        return [spoken for piece in pieces if (spoken := speakable(piece))]

    def _next(self, *, at_end: bool) -> str:
        hurry = self._first and self.first_limit < self.limit
        # Markdown goes only when a piece is whole, so the limit holds before it goes as well.
        size = _first_piece(self._text, self.first_limit if hurry else self.limit, hurry=hurry, at_end=at_end)
        piece, self._text = self._text[:size], self._text[size:].lstrip()
        if speakable(piece):
            self._first = False
        return piece


def _first_piece(text: str, limit: int, *, hurry: bool, at_end: bool) -> int:
    """How many characters the first piece has; 0: wait for more. `hurry`: as few sentences as make sense."""
    sentences = _sentence_ends(text, limit, at_end=at_end)
    fitting = [end for end in sentences if end <= limit]
    if hurry:
        fitting = [end for end in fitting if end >= _SHORTEST][:1]
    if fitting:
        return fitting[-1]
    if len(text) > limit:
        return _within(text, limit)
    return len(text) if at_end else 0


def _sentence_ends(text: str, limit: int, *, at_end: bool) -> list[int]:
    """Where sentences end. The last is whole only when the text is: 3. may become 3.50."""
    # What lies beyond is looked at when its turn comes: 10,000 characters are not read 50 times.
    ends = list(accumulate(map(len, _SENTENCES.tokenize(text[: 2 * limit].rstrip()))))
    return ends if at_end else ends[:-1]


def _within(text: str, limit: int) -> int:
    """The end of the last clause, else word, within `limit`; of a word longer than that, a part."""
    clauses = [found.end() for found in _CLAUSE_END.finditer(text, 0, limit + 1) if found.end() <= limit]
    if clauses and clauses[-1] >= min(_SHORTEST, limit):
        return clauses[-1]
    spaces = [found.start() for found in _SPACE.finditer(text, 0, limit + 1) if 0 < found.start() <= limit]
    return spaces[-1] if spaces else limit
