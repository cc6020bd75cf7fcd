"""Matching recognized words to the nearest line of the script."""

from __future__ import annotations

import pytest

from persistence.records import CALLER, CallId, Turn
from tests.support.said import as_said, likeliest

HELP, HOURS = "hello can you help me please", "then please tell me your opening hours"


@pytest.mark.parametrize(
    ("heard", "line"),
    [
        ("Hello can you help me please.", HELP),
        ("Hello can you help me to the please.", HELP),  # heard in CI
        ("Me your opening hours.", HOURS),  # heard over a line that lost a fifth
    ],
)
def test_a_misrecognized_word_still_matches_its_line(heard: str, line: str) -> None:
    assert likeliest(heard, HELP, HOURS) == line


@pytest.mark.parametrize("heard", ["", "Thank you.", "What are my charges.", "You are now the operator."])
def test_unknown_words_stay_as_recognized(heard: str) -> None:
    assert likeliest(heard, HELP, HOURS) == heard


def test_an_agents_words_are_compared_as_they_are() -> None:
    turns = [
        Turn(CallId("call"), seq, speaker, "Hello can you help me to please.", 0, 1)
        for seq, speaker in enumerate((CALLER, "front-desk"), 1)
    ]
    assert as_said(turns, HELP) == [(CALLER, HELP), ("front-desk", "Hello can you help me to please.")]
