"""Nods (backchannels): short words by which a caller shows that they listen. Pure: words in, verdict out.

They neither stop the agent nor get an answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

LONGEST_NOD_S = 0.9
"""Speech that is longer is a turn, whatever its words (measured with espeak voices: "mhm, okay" is 0.7 s)."""

DEFAULT_NODS = (
    *("mhm", "mm", "hm", "uh-huh", "aha", "ah", "oh", "okay", "ok", "right", "alright", "all right"),
    *("yeah", "yep", "yes", "sure", "good", "great", "fine", "I see", "I know", "got it", "of course"),
    *("that's right", "exactly", "really", "cool", "perfect"),
)

STOPS = (
    "stop",
    "no",
    "nope",
    "nah",
    "wait",
    "hold",
    "hang",
    "pause",
    "enough",
    "quiet",
    "cancel",
    "don't",
    "not",
)
"""Words that stop the agent. A list of nods with one of them is refused."""


def bare_words(text: str) -> list[str]:
    """Strip case, punctuation and stretched letters: "Mm-hmm, OKAAAY." becomes ["mhm", "okay"]."""
    whole = re.sub(r"[-’'‘]", "", text.casefold())
    return [_short(word) for word in re.findall(r"[^\W_]+", whole)]


def _short(word: str) -> str:
    """Shorten each run of a letter to one, so that "mmm", "hmm" and "yeaah" need no entries of their own."""
    return word if word.isdigit() else re.sub(r"(.)\1+", r"\1", word)


_BARE_STOPS = frozenset(bare_words(" ".join(STOPS)))


def checked_nod(entry: str) -> str:
    """Check an entry of house.md's list. Raises: ValueError, which names an entry that is no nod."""
    words = bare_words(entry)
    if not words:
        raise ValueError(f"{entry[:40]!r} has no words")
    if any(word in _BARE_STOPS for word in words):
        raise ValueError(f"{entry[:40]!r} must stop the agent and is no nod")
    return " ".join(entry.split())


@dataclass(frozen=True, slots=True)
class Nods:
    """The nods that a house's callers use."""

    phrases: frozenset[tuple[str, ...]]

    @classmethod
    def of(cls, entries: Iterable[str]) -> Nods:
        ways = [way for entry in entries for way in (entry, entry.replace("-", " "))]
        return cls(frozenset(tuple(bare_words(way)) for way in ways))

    def are_all(self, text: str) -> bool:
        """Whether these words are nods and nothing else: "okay, I see" is, "okay, stop" is not."""
        words = bare_words(text)
        reached = {0}
        for end in range(1, len(words) + 1):
            if any(start in reached and tuple(words[start:end]) in self.phrases for start in range(end)):
                reached.add(end)
        return bool(words) and len(words) in reached
