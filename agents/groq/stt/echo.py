"""Recognises the agent's own words from a loudspeaker: a turn that repeats what the agent says now. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from difflib import SequenceMatcher

from agents.groq.stt.heard_words import plain

_FEWEST = 3
"""The fewest words of an echo: one or two that the agent said too may be an answer, such as "the invoice"."""
_MOSTLY = 0.75
"""Share of an echo's words that must be the agent's, in the agent's order."""
_RUN = 2
"""The fewest equal words in a row that count; single words, such as "the", occur everywhere."""
_BACK, _AHEAD = 40, 30
"""Characters to add before and after what was spoken during the turn: an echo is up to 0.7 s late, at 16
characters a second, and the agent's place in the text is an estimate."""


@dataclass(frozen=True, slots=True)
class OwnSpeech:
    """What the agent speaks: the text, how many characters of it were heard, and whether it is heard now."""

    text: str = ""
    heard: int = 0
    audible: bool = False


class EchoFilter:
    """One stream's filter. `own_speech` is called when a turn begins, and when words are known.

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
    """Return what the agent spoke between two moments, and a little before and after."""
    if end.text.startswith(start.text):
        return end.text[max(0, start.heard - _BACK) : end.heard + _AHEAD]
    return f"{start.text[max(0, start.heard - _BACK) :]} {end.text[: end.heard + _AHEAD]}"


def is_contained(heard: str, spoken: str) -> bool:
    """Whether `heard` is mostly made of words of `spoken`, in the same order."""
    words, others = plain(heard).split(), plain(spoken).split()
    if len(words) < _FEWEST:
        return False
    same = SequenceMatcher(None, words, others, autojunk=False).get_matching_blocks()
    return sum(block.size for block in same if block.size >= _RUN) >= _MOSTLY * len(words)
