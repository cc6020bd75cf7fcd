"""The questions, and whether a search finds their answers."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from agents.knowledge.knowledge import Knowledge
from agents.knowledge.spans import Span
from bench.support.statistics import percentile

HERE = Path(__file__).parent
DOCUMENTS = HERE / "documents"
QUESTIONS, MORE = HERE / "questions.yaml", HERE / "questions_more.yaml"
KEPT_BACK = HERE / "questions_kept_back.yaml"


@dataclass(frozen=True, slots=True)
class Question:
    """A question. `right`: the passages that answer it, each as its file and its own heading."""

    words: str
    right: frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Answer:
    """`place`: the right passage's position among the first three, from 1; None if it is not there."""

    question: Question
    place: int | None
    took_ms: float


def questions(path: Path) -> list[Question]:
    return [
        Question(one["ask"], frozenset(_passages(one["right"]) + _passages(one.get("or"))))
        for one in yaml.safe_load(path.read_text(encoding="utf-8"))
    ]


def _passages(written: Sequence[str] | None) -> list[tuple[str, str]]:
    if not written:
        return []
    file, *headings = written
    return [(file, heading) for heading in headings]


async def asked_in_rounds(path: Path, rounds: int) -> list[list[Answer]]:
    """Ask every question of this file in each round."""
    with TemporaryDirectory() as cache:
        knowledge = Knowledge(DOCUMENTS, Path(cache))
        knowledge.prepare()
        return [[await ask(knowledge, one) for one in questions(path)] for _ in range(rounds)]


def figures(rounds: Sequence[Sequence[Answer]]) -> dict[str, float]:
    """Return the figures of the benchmark's last line."""
    right = [answer.place is not None for answer in rounds[0]]
    took_ms = [answer.took_ms for answers in rounds for answer in answers]
    return {
        "knowledge_right": round(sum(right) / len(right), 3),
        "knowledge_p99_ms": round(percentile(took_ms, 99), 2),
    }


async def ask(knowledge: Knowledge, question: Question) -> Answer:
    """Search as a call does: in a thread."""
    began = time.perf_counter()
    found = await knowledge.search(question.words)
    took_ms = 1000 * (time.perf_counter() - began)
    places = (place for place, one in enumerate(found, start=1) if _named(one.span) & question.right)
    return Answer(question, next(places, None), took_ms)


def _named(span: Span) -> set[tuple[str, str]]:
    file = span.passages[span.best].source
    return {(file, heading) for heading in span.headings}
