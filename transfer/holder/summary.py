"""Makes a handoff's summary for target and row: the model's if it comes in time, else a digest."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict

from errors import SummaryFailed
from persistence.contract.handoffs import HandoffStore
from persistence.records import CALLER, Handoff, SummarySource, Turn
from persistence.write_queue import WriteQueue
from tasks import Tasks
from transfer.ports import Summarizer, Summary
from transfer.protocol import SummaryNote

log = logging.getLogger(__name__)

_LONGEST_WANTED_WORDS = 100
"""Keeps the digest under the 200 words that a summary may have."""
_RENEW_AFTER_S = 5.0
"""How long a talk with a waiting caller must pause before it is summed up, so that not every answer is."""


class Summaries:
    """Makes one handoff's summaries: for the target when it is called, and for the row's readers."""

    def __init__(
        self,
        summarizer: Summarizer,
        turns: Callable[[], Sequence[Turn]],
        store: HandoffStore,
        write_queue: WriteQueue,
        tasks: Tasks,
        *,
        limit_s: float,
    ) -> None:
        """`tasks` owns the background tasks."""
        self._summarizer, self._turns = summarizer, turns
        self._store, self._write_queue, self._tasks = store, write_queue, tasks
        self._limit_s = limit_s
        self._first: asyncio.Task[SummaryNote] | None = None
        self._first_for = ""  # the reason
        self._renewing: asyncio.Task[None] | None = None

    def of(self, handoff: Handoff) -> asyncio.Task[SummaryNote]:
        """Return the summary's task: a new one if an operator's redirection has given a new reason."""
        if self._first is None or handoff.told_reason != self._first_for:
            self.stop()
            self._first_for = handoff.told_reason
            self._first = self._tasks.start(self._made(handoff), name="summary")
        return self._first

    def renew(self, handoff: Handoff) -> None:
        """Sum up, for the row, what was said while the caller waits, once the talk has paused."""
        if self._renewing is not None:
            self._renewing.cancel()
        self._renewing = self._tasks.start(self._renewed(handoff), name="summary of the wait")

    def stop(self) -> None:
        for task in (self._first, self._renewing):
            if task is not None:
                task.cancel()

    async def _made(self, handoff: Handoff) -> SummaryNote:
        summary = await self._sum_up(handoff)
        self._save(handoff, summary)
        return as_note(summary)

    async def _renewed(self, handoff: Handoff) -> None:
        """Save a model's summary. A digest could replace a better one, and the person has the turns."""
        await asyncio.sleep(_RENEW_AFTER_S)
        summary = await self._sum_up(handoff)
        if summary.source is SummarySource.MODEL:
            self._save(handoff, summary)

    async def _sum_up(self, handoff: Handoff) -> Summary:
        return await sum_up(
            self._summarizer,
            self._turns(),
            reason=handoff.told_reason,
            matter="" if handoff.reason_is_private else handoff.reason,
            limit_s=self._limit_s,
        )

    def _save(self, handoff: Handoff, summary: Summary) -> None:
        store, told = self._store, as_json(summary)
        self._write_queue.enqueue(lambda: store.save_summary(handoff.id, told, summary.source))


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
    """Make a summary without a model, with the caller's last words as what they want."""
    said = [turn.text for turn in turns if turn.speaker == CALLER]
    wanted = " ".join(" ".join(said[-3:]).split()[-_LONGEST_WANTED_WORDS:])
    return Summary(matter=matter, done="", wanted=wanted, mood="", source=SummarySource.DIGEST)


def as_note(summary: Summary) -> SummaryNote:
    """Return the target's form of the summary: the matter, for its opening line, and the whole as text."""
    parts = {"Matter": summary.matter, "Done": summary.done, "Wanted": summary.wanted, "Mood": summary.mood}
    words = " ".join(f"{name}: {text.rstrip('.')}." for name, text in parts.items() if text.strip())
    return SummaryNote(matter=summary.matter, words=words, facts=summary.facts)


def as_json(summary: Summary) -> str:
    """Return the summary as JSON for the row, without the source, which has its own column."""
    fields = asdict(summary)
    del fields["source"]
    return json.dumps(fields, ensure_ascii=False)


def from_row(handoff: Handoff) -> Summary | None:
    """The summary stored in the row, or None."""
    if handoff.summary is None or handoff.summary_source is None:
        return None
    return Summary(**json.loads(handoff.summary), source=handoff.summary_source)
