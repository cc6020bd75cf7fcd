"""The words of Whisper's answer, without those that it invents in silence, noise and music. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

_UNSURE = -1.0
"""`avg_logprob`, the mean over a segment's tokens, below which Whisper's own decoder tries again."""
_REPETITIVE = 2.4
"""`compression_ratio` above which it tries again too: the same words over and over."""
_MADE_UP = {"thank you", "thanks", "thank you very much", "thanks for watching", "you", "bye", "okay", "so"}
"""Words that Whisper often invents in silence. Callers say them too, so only their threshold is stricter."""


class Segment(BaseModel):
    """The fields of a segment that are used. Groq decodes once: a doubtful segment has had no second try."""

    model_config = ConfigDict(extra="ignore")

    text: str
    no_speech_prob: float = 0.0
    avg_logprob: float = 0.0
    compression_ratio: float = 1.0


class Answer(BaseModel):
    """The fields of Groq's verbose_json that are used."""

    model_config = ConfigDict(extra="ignore")

    text: str
    segments: list[Segment] | None = None


def spoken_words(answer: Answer, *, no_speech_limit: float, known: Sequence[str] = ()) -> str:
    """Return the words that were probably said; "" if none. `known`: the names and words of the prompt.

    Whisper's own decoder keeps a segment above its limit of `no_speech_prob` if it is sure of the words. It
    is sure of many words that nobody said, such as "Thank you.", so here the limit alone decides.
    """
    segments = [Segment(text=answer.text)] if answer.segments is None else answer.segments
    words = [segment.text.strip() for segment in segments if _was_said(segment, no_speech_limit)]
    said = " ".join(word for word in words if any(letter.isalnum() for letter in word))
    return "" if _is_the_prompt(said, known) else said


def _was_said(segment: Segment, no_speech_limit: float) -> bool:
    limit = no_speech_limit / 2 if plain(segment.text) in _MADE_UP else no_speech_limit
    return (
        segment.no_speech_prob <= limit
        and segment.avg_logprob >= _UNSURE
        and segment.compression_ratio <= _REPETITIVE
    )


def _is_the_prompt(said: str, known: Sequence[str]) -> bool:
    """Whether Whisper only reads out its prompt, as it does in silence: two or more of its names in order."""
    names = [plain(name) for name in known]
    return any(
        plain(said) == " ".join(names[start:end])
        for start in range(len(names))
        for end in range(start + 2, len(names) + 1)
    )


def plain(text: str) -> str:
    """Return the text as lower-case letters, digits, apostrophes and single spaces."""
    return " ".join(re.sub(r"[^a-z0-9']+", " ", text.lower()).split())
