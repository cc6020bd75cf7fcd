"""Which words of Whisper's answer count, and the prompt that is sent with the sound."""

from __future__ import annotations

import pytest

from agents.groq.stt.heard_words import Answer, Segment, spoken_words
from agents.groq.stt.whisper_prompt import prompt_for

KNOWN = ("Brightwave Broadband", "the front desk", "the billing desk", "Fibre Plus")


def heard(*segments: Segment) -> str:
    answer = Answer(text=" ".join(segment.text for segment in segments), segments=list(segments))
    return spoken_words(answer, no_speech_limit=0.6, known=KNOWN)


def test_words_that_whisper_is_sure_of_are_words() -> None:
    assert heard(Segment(text=" I want", avg_logprob=-0.2), Segment(text=" the billing desk.")) == (
        "I want the billing desk."
    )


@pytest.mark.parametrize(
    "invented",
    [
        Segment(text=" Subtitles by the community.", no_speech_prob=0.7),
        Segment(text=" The way to the sea.", avg_logprob=-1.2),
        Segment(text=" la la la la la la la la la la", compression_ratio=3.1),
        Segment(text=" Thank you.", no_speech_prob=0.4),
        Segment(text=" ..."),
        Segment(text=" The front desk, the billing desk, Fibre Plus."),
    ],
)
def test_words_that_whisper_makes_up_are_none(invented: Segment) -> None:
    assert heard(invented) == ""


@pytest.mark.parametrize("said", ["Thank you.", "The billing desk.", "Fibre Plus, please."])
def test_the_same_words_said_by_a_caller_are_words(said: str) -> None:
    assert heard(Segment(text=f" {said}", no_speech_prob=0.1, avg_logprob=-0.4)) == said


def test_only_the_invented_part_is_left_out() -> None:
    assert heard(Segment(text=" My name is Ada."), Segment(text=" Thank you.", no_speech_prob=0.9)) == (
        "My name is Ada."
    )


def test_an_answer_without_segments_is_its_text() -> None:
    assert spoken_words(Answer(text=" Hello. "), no_speech_limit=0.6) == "Hello."


def test_the_prompt_is_the_names_and_then_what_was_said() -> None:
    assert prompt_for(KNOWN[:2], "My number is") == "Brightwave Broadband, the front desk. My number is"
    assert prompt_for((), "") == ""


def test_the_prompt_is_never_longer_than_groq_takes_and_keeps_the_latest_words() -> None:
    prompt = prompt_for([f"Product {number}" for number in range(200)], "and then " * 200 + "the end")
    assert len(prompt) <= 600
    assert prompt.startswith("Product 0, ")
    assert prompt.endswith("and then the end")
    assert "nd then" not in prompt.split()
