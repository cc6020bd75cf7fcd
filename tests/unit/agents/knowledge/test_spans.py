from __future__ import annotations

from agents.knowledge.spans import LONGEST_SPAN, Span, span_around
from persistence.passages import Passage


def document(*lengths: int, source: str = "faq.md") -> list[Passage]:
    return [Passage(source, f"FAQ › {n}", "x" * length, n) for n, length in enumerate(lengths, start=1)]


def around(
    number: int, passages: list[Passage], scores: dict[int, float], taken: set[int] | None = None
) -> Span:
    index = dict(enumerate(passages, start=1))
    span = span_around(number, index.get, scores, taken or set())
    assert span is not None
    return span


def test_a_passage_comes_with_its_neighbours_in_order_each_below_its_heading() -> None:
    span = around(2, document(3, 4, 2), {2: 1.0})
    assert span.text == "1\nxxx\n\n2\nxxxx\n\n3\nxx"
    assert span.source == "faq.md › FAQ › 2"
    assert span.headings == ("1", "2", "3")


def test_of_more_neighbours_than_fit_those_that_answer_more_come_along() -> None:
    long = LONGEST_SPAN // 2 - 20
    assert list(around(2, document(long, long, long), {1: 2.0, 3: 1.0}).passages) == [1, 2]
    assert list(around(2, document(long, long, long), {1: 1.0, 3: 2.0}).passages) == [2, 3]


def test_a_long_passage_comes_alone_and_without_its_heading() -> None:
    span = around(2, document(10, 900, 900), {}, taken={1})
    assert span.text == "x" * 900


def test_other_documents_and_passages_of_other_spans_stay_away() -> None:
    passages = [*document(5), *document(5, 5, source="other.md"), *document(5)]
    assert list(around(2, passages, {}).passages) == [2, 3]
    assert list(around(2, passages, {}, taken={3}).passages) == [2]
    assert span_around(2, dict(enumerate(passages, start=1)).get, {}, {2}) is None
