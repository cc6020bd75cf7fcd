"""Joins a passage with its neighbours in the same document: an answer is seldom in one section alone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from agents.knowledge.cut import BETWEEN
from persistence.passages import Passage

LONGEST_SPAN = 1_200
"""Characters of a passage with its neighbours: three of them are a thousand tokens of a model's prompt."""


@dataclass(frozen=True, slots=True)
class Span:
    """Neighbouring passages of one document, in order, by number. `best`: the number of the passage found."""

    best: int
    passages: Mapping[int, Passage]

    @property
    def source(self) -> str:
        """The best passage's place, for the model and for people: faq.md › Refunds › How long they take."""
        best = self.passages[self.best]
        return BETWEEN.join(part for part in (best.source, best.heading) if part)

    @property
    def headings(self) -> tuple[str, ...]:
        """The passages' own headings."""
        return tuple(dict.fromkeys(_own_heading(passage) for passage in self.passages.values()))

    @property
    def text(self) -> str:
        """The text of a single passage, or the texts of all, each below its heading."""
        if len(self.passages) == 1:
            return self.passages[self.best].text
        parts, last = [], ""
        for passage in self.passages.values():
            heading = _own_heading(passage)
            parts.append(f"{heading}\n{passage.text}" if heading != last else passage.text)
            last = heading
        return "\n\n".join(parts).strip()


def span_around(
    number: int,
    passage_of: Callable[[int], Passage | None],
    scores: Mapping[int, float],
    taken: Collection[int],
) -> Span | None:
    """Join the passage `number` with the neighbours that fit in, starting with the higher score.

    `taken`: the numbers in other spans. Returns None if `number` is one of them.
    """
    best = passage_of(number)
    if best is None or number in taken:
        return None
    passages = {number: best}
    while (found := _next(passages, best.source, passage_of, scores, taken)) is not None:
        passages = dict(sorted({**passages, found[0]: found[1]}.items()))
    return Span(number, passages)


def _next(
    passages: Mapping[int, Passage],
    source: str,
    passage_of: Callable[[int], Passage | None],
    scores: Mapping[int, float],
    taken: Collection[int],
) -> tuple[int, Passage] | None:
    """Return the better of the neighbours at both ends that are short enough; None: neither is."""
    room = LONGEST_SPAN - sum(map(_length, passages.values()))
    beside = [number for number in (min(passages) - 1, max(passages) + 1) if number not in taken]
    known = [(number, passage) for number in beside if (passage := passage_of(number)) is not None]
    fitting = [(n, passage) for n, passage in known if passage.source == source and _length(passage) <= room]
    return max(fitting, key=lambda one: (scores.get(one[0], 0.0), one[0]), default=None)


def _length(passage: Passage) -> int:
    return len(passage.text) + len(_own_heading(passage)) + 3


def _own_heading(passage: Passage) -> str:
    return passage.heading.rpartition(BETWEEN)[2]
