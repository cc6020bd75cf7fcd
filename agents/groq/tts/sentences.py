"""Splits text into pieces that fit one speech request: at sentences, else clauses, else words. Pure.

LiveKit's blingfire tokenizer finds the sentences: it knows "Dr." and "3.50".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import accumulate

from livekit.agents import tokenize
from livekit.agents.voice.transcription.filters import EMOJI_PATTERN, INLINE_PATTERNS, LINE_PATTERNS

LIMIT = 200
"""Characters that Groq's speech model accepts in one request (groq-facts)."""
FIRST_LIMIT = 70
"""Characters of a reply's first piece: the shorter it is, the sooner the caller hears it."""

_SHORTEST = 16
"""A clause or a first piece shorter than this would end before the next piece arrives."""
_CLAUSE_END = re.compile(r"[,;:)\]—–][\"'”’)]*(?=\s)|\s[—–-](?=\s)")
_SPACE = re.compile(r"\s+")
_STRAY_MARKDOWN = re.compile(r"[*`~|]")
_SENTENCE_END = re.compile(r"[.!?…][\"'”’)\]]*$")
_SENTENCES = tokenize.blingfire.SentenceTokenizer(min_sentence_len=1, retain_format=True)


def speakable(text: str) -> str:
    """Remove markdown, emoji, line breaks and control characters; empty if nothing speakable remains."""
    for pattern, kept in (*LINE_PATTERNS, *INLINE_PATTERNS):
        text = pattern.sub(kept, text)
    text = EMOJI_PATTERN.sub("", _STRAY_MARKDOWN.sub("", text))
    text = "".join(letter if letter.isprintable() else " " for letter in text)
    text = _SPACE.sub(" ", text).strip()
    return text if any(letter.isalnum() for letter in text) else ""


def ends_sentence(piece: str) -> bool:
    """Whether a speaker would pause after this piece."""
    return _SENTENCE_END.search(piece) is not None


def split_for_speech(text: str, limit: int = LIMIT, *, first_limit: int | None = None) -> list[str]:
    """Split a complete text into pieces of at most `limit` characters, the first of at most `first_limit`.

    Joins whole sentences as far as they fit. Loses and reorders nothing speakable; unspeakable text gives no
    pieces.
    """
    cutter = TextSplitter(limit, first_limit=first_limit or limit)
    return [*cutter.push(text), *cutter.finish()]


@dataclass
class TextSplitter:
    """Streaming `split_for_speech`: returns each piece as soon as it is certainly complete."""

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
        """Return the rest. Later text continues the same reply: its next piece is not a first piece."""
        pieces = []
        while piece := self._next(at_end=True):
            pieces.append(piece)
        return [spoken for piece in pieces if (spoken := speakable(piece))]

    def _next(self, *, at_end: bool) -> str:
        hurry = self._first and self.first_limit < self.limit
        # Markdown is removed only from complete pieces, so the limit counts it.
        size = _first_piece(self._text, self.first_limit if hurry else self.limit, hurry=hurry, at_end=at_end)
        piece, self._text = self._text[:size], self._text[size:].lstrip()
        if speakable(piece):
            self._first = False
        return piece


def _first_piece(text: str, limit: int, *, hurry: bool, at_end: bool) -> int:
    """Length of the first piece; 0: wait for more text. `hurry`: as few sentences as sensible."""
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
    """Where sentences end. Before the end of the text the last one is incomplete: 3. may become 3.50."""
    # Look ahead only as far as needed: otherwise 10,000 characters would be tokenized 50 times.
    ends = list(accumulate(map(len, _SENTENCES.tokenize(text[: 2 * limit].rstrip()))))
    return ends if at_end else ends[:-1]


def _within(text: str, limit: int) -> int:
    """The end of the last clause or else word within `limit`; a longer word is cut."""
    clauses = [found.end() for found in _CLAUSE_END.finditer(text, 0, limit + 1) if found.end() <= limit]
    if clauses and clauses[-1] >= min(_SHORTEST, limit):
        return clauses[-1]
    spaces = [found.start() for found in _SPACE.finditer(text, 0, limit + 1) if 0 < found.start() <= limit]
    return spaces[-1] if spaces else limit
