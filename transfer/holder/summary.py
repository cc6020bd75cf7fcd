"""The summary of a handoff: the model's if it comes in time, else a digest. For the target and the row."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Sequence
from dataclasses import asdict

from errors import SummaryFailed
from persistence.records import CALLER, Handoff, SummarySource, Turn
from transfer.ports import Summarizer, Summary
from transfer.protocol import SummaryNote

log = logging.getLogger(__name__)

_LONGEST_WANTED_WORDS = 100
"""Keeps the digest under the 200 words that a summary may have."""


async def sum_up(
    summarizer: Summarizer, turns: Sequence[Turn], *, reason: str, matter: str, limit_s: float
) -> Summary:
    """Always returns a summary, after at most `limit_s` seconds. `matter` is what the caller may be told."""
    try:
        async with asyncio.timeout(limit_s):
            return await summarizer.summarize(turns, reason=reason)
    except (SummaryFailed, TimeoutError) as error:
        log.warning("no summary from the model", extra={"error": type(error).__name__})
    except Exception:  # a handoff must not fail for lack of a summary
        log.exception("no summary from the model")
    return digest(turns, matter=matter)


def digest(turns: Sequence[Turn], *, matter: str) -> Summary:
    """A summary made without a model: the caller's own last words as what they want."""
    said = [turn.text for turn in turns if turn.speaker == CALLER]
    wanted = " ".join(" ".join(said[-3:]).split()[-_LONGEST_WANTED_WORDS:])
    return Summary(matter=matter, done="", wanted=wanted, mood="", source=SummarySource.DIGEST)


def as_note(summary: Summary) -> SummaryNote:
    """For the target: the matter alone, for its opening line, and the whole summary in words."""
    parts = {"Matter": summary.matter, "Done": summary.done, "Wanted": summary.wanted, "Mood": summary.mood}
    words = " ".join(f"{name}: {text.rstrip('.')}." for name, text in parts.items() if text.strip())
    return SummaryNote(matter=summary.matter, words=words, facts=summary.facts)


def as_json(summary: Summary) -> str:
    """For the row, without the source, which has its own column."""
    fields = asdict(summary)
    del fields["source"]
    return json.dumps(fields, ensure_ascii=False)


def from_row(handoff: Handoff) -> Summary | None:
    """The summary stored in the row, or None."""
    if handoff.summary is None or handoff.summary_source is None:
        return None
    return Summary(**json.loads(handoff.summary), source=handoff.summary_source)
