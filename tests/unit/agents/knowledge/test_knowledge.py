from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.knowledge.knowledge import Knowledge
from bench.knowledge.questions import DOCUMENTS, MORE, QUESTIONS, ask, questions
from errors import BadInput

Make = Callable[..., Knowledge]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Return a function that makes knowledge of documents, which are named without their ending."""

    def knowledge(**documents: str) -> Knowledge:
        folder = tmp_path / "answers"
        folder.mkdir(exist_ok=True)
        for name, text in documents.items():
            (folder / f"{name}.md").write_text(text, encoding="utf-8")
        return Knowledge(folder, tmp_path / "index")

    return knowledge


def sources(knowledge: Knowledge, question: str) -> list[str]:
    return [found.span.passages[found.span.best].source for found in knowledge.search_now(question)]


@pytest.mark.parametrize("asked", [QUESTIONS, MORE], ids=lambda path: path.stem)
async def test_callers_questions_find_the_right_passage_among_the_first_three(
    asked: Path, tmp_path: Path
) -> None:
    knowledge = Knowledge(DOCUMENTS, tmp_path)
    answers = [await ask(knowledge, question) for question in questions(asked)]
    assert sum(answer.place is not None for answer in answers) / len(answers) >= 0.9


@pytest.mark.parametrize(
    ("question", "right"),
    [
        ("how do I get my money back", "refunds"),
        ("Wann kommt meine Rechnung?", "rechnungen"),
        ("remboursement à l'étranger", "etranger"),
        ("退款需要多久", "tuikuan"),
        ("как вернуть товар", "vozvrat"),
        ("ร้านเปิดกี่โมง", "raan"),
        ("متى تفتحون", "saat"),
    ],
)
def test_questions_in_any_language_find_their_document(make: Make, question: str, right: str) -> None:
    knowledge = make(
        refunds="# Refunds\nThe amount is on the account within five days.",
        rechnungen="# Rechnungsversand\nDie Rechnungen verschicken wir am Monatsende.",
        etranger="# A l'etranger\nLe remboursement depuis l'Espagne dure dix jours.",
        tuikuan="# 退款\n退款将在五个工作日内到账。",
        vozvrat="# Возврат\nТовар можно вернуть в течение месяца.",
        raan="# เวลาทำการ\nร้านเปิดเวลาแปดโมงเช้า",
        saat="# ساعات العمل\nتفتحون الساعة الثامنة",
    )
    assert sources(knowledge, question)[0] == f"{right}.md"


def test_a_folder_brings_synonyms_of_its_own(make: Make, tmp_path: Path) -> None:
    knowledge = make(router="# MyBox 7\nUnplug it.", other="# Prices\nThirty pounds.")
    (tmp_path / "answers" / "synonyms.txt").write_text("white thing, gizmo: MyBox\n", encoding="utf-8")
    assert sources(knowledge, "the white thing blinks") == ["router.md"]


def test_what_no_document_has_a_word_of_finds_nothing(make: Make) -> None:
    knowledge = make(refunds="# Refunds\nWithin five days.")
    assert sources(knowledge, "zebra crossings") == sources(knowledge, "") == sources(knowledge, '"*()') == []


@pytest.mark.parametrize("wrapped", ["{}", '"{}', "{} NEAR(refund, 2) AND NOT heading: * ^ - +", "{} OR {{"])
def test_no_words_of_a_caller_are_taken_for_the_searchs_own(make: Make, wrapped: str) -> None:
    knowledge = make(refunds="# Refunds\nWithin five days.")

    @settings(max_examples=50)
    @given(st.text(max_size=80))
    def is_only_words(question: str) -> None:
        knowledge.search_now(wrapped.format(question))

    is_only_words()


def test_a_long_question_takes_no_long_time(make: Make) -> None:
    knowledge = make(refunds="# Refunds\nWithin five days.")
    assert sources(knowledge, "refund " * 100_000) == ["refunds.md"]


def test_every_process_finds_the_index_that_the_first_one_made(make: Make, tmp_path: Path) -> None:
    make(refunds="# Refunds\nWithin five days.").prepare()
    (made,) = (tmp_path / "index").iterdir()
    at = made.stat().st_mtime_ns
    assert sources(make(), "refund") == ["refunds.md"]
    assert [path.stat().st_mtime_ns for path in (tmp_path / "index").iterdir()] == [at]


def test_the_next_call_knows_a_changed_document_and_a_running_one_does_not(make: Make) -> None:
    running = make(refunds="# Refunds\nWithin five days.")
    assert running.search_now("refunds")[0].span.text == "Within five days."
    following = make(refunds="# Refunds\nWithin nine days, and not sooner.")
    assert following.search_now("refunds")[0].span.text == "Within nine days, and not sooner."
    assert running.search_now("refunds")[0].span.text == "Within five days."


def test_documents_that_turn_bad_leave_calls_with_what_they_were(make: Make, tmp_path: Path) -> None:
    make(refunds="# Refunds\nWithin five days.").prepare()
    (tmp_path / "answers" / "refunds.md").write_bytes(b"\xff\xfe\x00")
    assert sources(make(), "refunds") == ["refunds.md"]
    (tmp_path / "answers" / "refunds.md").unlink()
    (tmp_path / "answers").rmdir()
    assert sources(Knowledge(tmp_path / "answers", tmp_path / "index"), "refunds") == ["refunds.md"]


def test_documents_that_were_never_good_are_bad_input(make: Make, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="has no text; put files that end in"):
        make(empty="# \n\n---\n").search_now("refunds")


def test_indexes_of_earlier_documents_go_after_a_day(make: Make, tmp_path: Path) -> None:
    make(refunds="# Refunds\nWithin five days.").prepare()
    (old,) = (tmp_path / "index").iterdir()
    os.utime(old, (0, 0))
    make(refunds="# Refunds\nWithin nine days.").prepare()
    assert old not in list((tmp_path / "index").iterdir())
