"""Recognises the agent's own words from a loudspeaker: a turn that repeats what the agent says now. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from difflib import SequenceMatcher

from agents.groq.stt.heard_words import plain

_FEWEST = 3
"""Words. One or two that the agent said too may be the caller's answer, such as "the invoice"."""
_MOSTLY = 0.75
"""Share of the words that are the agent's, in its order."""
_RUN = 2
"""Words in a row that count as the same; single ones, such as "the", stand everywhere."""
_BACK, _AHEAD = 40, 30
"""Characters before and after what was spoken meanwhile: an echo is up to 0.7 s late, at 16 characters a
second, and how far the agent has come is estimated."""


@dataclass(frozen=True, slots=True)
class OwnSpeech:
    """What the agent speaks: the text, how many characters of it were heard, and whether it is heard now."""

    text: str = ""
    heard: int = 0
    audible: bool = False


class EchoFilter:
    """Of one hearing. `own_speech` is asked when a turn begins, and when words are known.

    Only a turn that begins while the agent is heard may be an echo. A caller who repeats a number to confirm
    it does so after the agent has ended, or later than an echo comes back.
    """

    def __init__(self, own_speech: Callable[[], OwnSpeech]) -> None:
        self._own_speech = own_speech
        self._at_start = OwnSpeech()

    def turn_started(self) -> None:
        self._at_start = self._own_speech()

    def is_echo(self, heard: str) -> bool:
        """Whether these words of the turn are the agent's own."""
        if not self._at_start.audible:
            return False
        return is_contained(heard, spoken_between(self._at_start, self._own_speech()))


def spoken_between(start: OwnSpeech, end: OwnSpeech) -> str:
    """What was spoken from one moment to another, and a little before and after it."""
    if end.text.startswith(start.text):
        return end.text[max(0, start.heard - _BACK) : end.heard + _AHEAD]
    return f"{start.text[max(0, start.heard - _BACK) :]} {end.text[: end.heard + _AHEAD]}"


def is_contained(heard: str, spoken: str) -> bool:
    """Whether `heard` is mostly words of `spoken`, in its order."""
    words, others = plain(heard).split(), plain(spoken).split()
    if len(words) < _FEWEST:
        return False
    same = SequenceMatcher(None, words, others, autojunk=False).get_matching_blocks()
    return sum(block.size for block in same if block.size >= _RUN) >= _MOSTLY * len(words)
