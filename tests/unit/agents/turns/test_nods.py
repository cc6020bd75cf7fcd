"""Which words are nods, and which entries of the list are refused."""

from __future__ import annotations

import pytest

from agents.turns.nods import DEFAULT_NODS, Nods, checked_nod

NODS = Nods.of(DEFAULT_NODS)


@pytest.mark.parametrize(
    "words",
    [
        *("Okay.", "OK", "mhm", "Mm-hmm.", "Mmm", "uh huh", "Uh-huh.", "Yeah.", "yeaah", "Right.", "I see."),
        *(
            "okay, I see",
            "Yeah, yeah, yeah.",
            "all right",
            "Hmm.",
            "Oh, okay.",
            "That's right.",
            "that’s right",
        ),
    ],
)
def test_short_words_of_listening_are_nods(words: str) -> None:
    assert NODS.are_all(words)


@pytest.mark.parametrize(
    "words",
    [
        *("stop", "No.", "Wait!", "okay stop", "no, okay", "right, but", "I", "I see it", "", " … ", "hello"),
        *("okay and then", "thank you", "see", "yeah I have a question", "oh no", "hold on"),
    ],
)
def test_everything_else_is_a_turn(words: str) -> None:
    assert not NODS.are_all(words)


def test_a_list_of_ones_own_replaces_the_default() -> None:
    nods = Nods.of(["genau", "ja ja", "Ääh"])
    assert nods.are_all("Genau, ja ja.")
    assert nods.are_all("äh")
    assert not nods.are_all("ja")
    assert not nods.are_all("okay")
    assert not Nods.of([]).are_all("okay")


@pytest.mark.parametrize(
    "entry", ["stop", "No", "no no", "Wait!", "please stop", "don't", "Nooo", "  STOP. "]
)
def test_a_word_that_must_stop_the_agent_is_refused(entry: str) -> None:
    with pytest.raises(ValueError, match="must stop the agent"):
        checked_nod(entry)


def test_an_entry_without_words_is_refused_and_spaces_are_not() -> None:
    with pytest.raises(ValueError, match="no words"):
        checked_nod("…")
    assert checked_nod("  I   see ") == "I see"


def test_the_default_list_is_one_that_would_be_taken() -> None:
    assert [checked_nod(entry) for entry in DEFAULT_NODS] == list(DEFAULT_NODS)
