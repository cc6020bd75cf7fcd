"""Ranks the passages of an index for a question. Blocks: call it in a thread."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from agents.knowledge.question import Thought, thoughts_of
from agents.knowledge.spans import Span, span_around
from agents.knowledge.synonyms import Synonyms
from persistence.passages import PassageIndex

_SYNONYM = 0.7
"""A synonym's weight; the caller's word has 1. No value from 0.5 to 0.85 did better on bench/knowledge."""
_CANDIDATES = 100
"""How many of the best passages are scored for each thought."""
_FAR_BELOW = 0.25
"""A passage with less than this share of the best one's score is not shown: it only has a word in common."""


@dataclass(frozen=True, slots=True)
class Found:
    """A passage with its neighbours, and its score: the higher, the better it fits.

    Scores of different questions cannot be compared.
    """

    span: Span
    score: float


def best_passages(index: PassageIndex, question: str, synonyms: Synonyms, *, limit: int) -> Sequence[Found]:
    """Return the passages that fit best, the best first; none if no passage has a word of the question."""
    scores = _scores(index, thoughts_of(question, synonyms))
    found: list[Found] = []
    taken: set[int] = set()
    for number in sorted(scores, key=lambda number: (-scores[number], number)):
        if len(found) == limit or (found and scores[number] < _FAR_BELOW * found[0].score):
            break
        if (span := span_around(number, index.passage, scores, taken)) is not None:
            taken |= set(span.passages)
            found.append(Found(span, scores[number]))
    return found


def _scores(index: PassageIndex, thoughts: Sequence[Thought]) -> Mapping[int, float]:
    """Return the scores by the passages' numbers.

    Each thought counts once, by its own words or by its synonyms. A passage that covers more of the
    question's thoughts ranks above one that repeats a single thought.
    """
    totals: defaultdict[int, float] = defaultdict(float)
    covered: defaultdict[int, float] = defaultdict(float)
    for scores in _by_thought(index, thoughts):
        most = max(scores.values())
        for number, score in scores.items():
            totals[number] += score
            covered[number] += most
    whole = max(covered.values(), default=0.0)
    return {number: total * sqrt(covered[number] / whole) for number, total in totals.items() if whole}


def _by_thought(index: PassageIndex, thoughts: Sequence[Thought]) -> Iterator[Mapping[int, float]]:
    """Yield, for each thought, the scores of the passages that match it, by their numbers."""
    for thought in thoughts:
        scores: dict[int, float] = {}
        for match, weight in ((thought.own, 1.0), (thought.others, _SYNONYM * thought.weight)):
            for number, score in (index.scores(match, limit=_CANDIDATES) if match else {}).items():
                scores[number] = max(scores.get(number, 0.0), weight * score)
        if scores:
            yield scores
