"""The summary of a handoff: the model's within its limit, else the digest; for target and row."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Sequence
from dataclasses import asdict

from errors import SummaryFailed
from persistence.records import Handoff, Turn
from transfer.holder.digest import digest
from transfer.ports import Summarizer, Summary
from transfer.protocol import SummaryNote

log = logging.getLogger(__name__)


async def sum_up(
    summarizer: Summarizer, turns: Sequence[Turn], *, reason: str, matter: str, limit_s: float
) -> Summary:
    """A summary in any case, after `limit_s` seconds at most. `matter`: what the caller may be told it is."""
    try:
        async with asyncio.timeout(limit_s):
            return await summarizer.summarize(turns, reason=reason)
    except (SummaryFailed, TimeoutError) as error:
        log.warning("no summary from the model", extra={"error": type(error).__name__})
    except Exception:  # a handoff never fails for want of a summary
        log.exception("no summary from the model")
    return digest(turns, matter=matter)


def as_note(summary: Summary) -> SummaryNote:
    """For the target: the matter by itself, for its opening line, and all of it in words."""
    parts = {"Matter": summary.matter, "Done": summary.done, "Wanted": summary.wanted, "Mood": summary.mood}
    words = " ".join(f"{name}: {text.rstrip('.')}." for name, text in parts.items() if text.strip())
    return SummaryNote(matter=summary.matter, words=words, facts=summary.facts)


def as_json(summary: Summary) -> str:
    """For the row; its source has a column of its own."""
    fields = asdict(summary)
    del fields["source"]
    return json.dumps(fields, ensure_ascii=False)


def from_row(handoff: Handoff) -> Summary | None:
    """The summary as the row keeps it; None where it has none."""
    if handoff.summary is None or handoff.summary_source is None:
        return None
    return Summary(**json.loads(handoff.summary), source=handoff.summary_source)
