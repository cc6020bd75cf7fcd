"""A long answer is said in parts of about 20 s that end with a sentence, and nothing is lost."""

from __future__ import annotations

import pytest

from agents.session.barge_in_transcript import CHARACTERS_A_SECOND
from agents.session.long_answer import PART_S, LongAnswer, OpenAnswers, is_yes

SENTENCE = "Your modem has a small button at the back, beside the power plug. "


def said_and_left(text: str, *, step: int, ask: bool = True) -> tuple[str, str]:
    """Stream the text, `step` characters at a time. Return what is said and what is left."""
    answer, said = LongAnswer(), ""
    for start in range(0, len(text), step):
        said += answer.push(text[start : start + step])
    more, left = answer.end(ask=ask)
    assert answer.said == said + more
    return said + more, left


@pytest.mark.parametrize("step", [7, len(SENTENCE), 10_000])
@pytest.mark.parametrize("text", [SENTENCE * 40, "And so on, and so forth. " * 400])
def test_the_first_part_ends_with_a_sentence_after_about_20_s(text: str, step: int) -> None:
    said, left = said_and_left(text, step=step)
    assert said.rstrip().endswith(".")
    assert 0.7 * PART_S <= len(said) / CHARACTERS_A_SECOND <= 1.2 * PART_S
    assert f"{said.strip()} {left.strip()}" == text.strip()


@pytest.mark.parametrize("step", [7, 10_000])
def test_an_answer_without_an_end_is_cut_between_words(step: int) -> None:
    text = "and then it goes on " * 400
    said, left = said_and_left(text, step=step)
    assert 0.7 * PART_S <= len(said) / CHARACTERS_A_SECOND <= 1.2 * PART_S
    assert f"{said.strip()} {left.strip()}" == text.strip()


def test_a_long_answer_is_said_to_its_end_in_as_many_parts_as_it_takes() -> None:
    left, parts = SENTENCE * 12, []
    while left:
        said, left = said_and_left(left, step=9)
        parts.append(said.strip())
    assert " ".join(parts) == (SENTENCE * 12).strip()
    assert len(parts) in {2, 3}


@pytest.mark.parametrize("text", ["Yes.", SENTENCE * 4, SENTENCE * 6])
def test_an_answer_that_is_hardly_longer_is_said_whole(text: str) -> None:
    assert said_and_left(text, step=9)[1] == ""


def test_an_answer_that_also_calls_a_tool_is_said_whole() -> None:
    said, left = said_and_left(SENTENCE * 40, step=9, ask=False)
    assert (said.strip(), left) == ((SENTENCE * 40).strip(), "")


def test_only_an_answer_that_was_heard_to_its_question_has_a_rest() -> None:
    answers = OpenAnswers()
    answers.keep("The first part.  Shall I go on?", "The rest.")
    assert answers.left_of("The first part. Shall I go on?") == "The rest."
    assert answers.left_of("The first part.") is None
    for number in range(20):  # prepared ahead, and dropped
        answers.keep(f"{number}", "")
    assert answers.left_of("The first part. Shall I go on?") is None


@pytest.mark.parametrize(
    "words",
    ["yes", "Yes, please.", "Yeah, go on.", "please do", "Okay", "of course, go ahead", "sure, keep going"],
)
def test_a_yes_is_a_yes(words: str) -> None:
    assert is_yes(words)


@pytest.mark.parametrize(
    "words",
    [
        *(
            "",
            "no",
            "no thank you",
            "no, please do not go on",
            "okay stop",
            "wait",
            "thank you",
            "that is all",
        ),
        *("yes but what about the price", "hear hear", "Yes. The part about the modem again, please."),
    ],
)
def test_anything_else_is_for_the_model(words: str) -> None:
    assert not is_yes(words)
