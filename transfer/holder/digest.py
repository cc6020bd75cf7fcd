"""A summary made without a model: what the holder knows, cut to length."""

from __future__ import annotations

from collections.abc import Sequence

from persistence.records import CALLER, SummarySource, Turn
from transfer.ports import Summary

LONGEST_WORDS = 200


def digest(turns: Sequence[Turn], *, matter: str) -> Summary:
    """The caller's own last words as what is wanted; under 200 words."""
    said = [turn.text for turn in turns if turn.speaker == CALLER]
    wanted = " ".join(" ".join(said[-3:]).split()[-LONGEST_WORDS // 2 :])
    return Summary(matter=matter, done="", wanted=wanted, mood="", source=SummarySource.DIGEST)
