"""Splitting text for speech: no piece too long, nothing lost or reordered, nothing unspeakable."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.groq.tts.sentences import (
    FIRST_LIMIT,
    LIMIT,
    TextSplitter,
    ends_sentence,
    speakable,
    split_for_speech,
)

PLAIN = st.text(st.sampled_from("abcdé XYZ 0123 ,.!?;:—'\"()\n\t"), max_size=600)
ANYTHING = st.text(max_size=600)


def spoken(text: str) -> str:
    """Only what a voice would say."""
    return "".join(letter for letter in text if letter.isalnum())


@given(PLAIN)
def test_every_piece_fits_and_nothing_is_lost_or_reordered(text: str) -> None:
    pieces = split_for_speech(text)
    assert all(0 < len(piece) <= LIMIT for piece in pieces)
    assert spoken("".join(pieces)) == spoken(text)


@given(ANYTHING, st.integers(20, 300))
def test_whatever_the_text_every_piece_fits_and_can_be_spoken(text: str, limit: int) -> None:
    for piece in split_for_speech(text, limit):
        assert len(piece) <= limit
        assert spoken(piece)
        assert piece.isprintable()


@given(st.lists(st.text(st.sampled_from("abc de. ,!? 12\n"), max_size=40), max_size=40))
def test_streamed_text_is_not_lost_or_reordered(bits: list[str]) -> None:
    cutter = TextSplitter()
    pieces = [piece for bit in bits for piece in cutter.push(bit)] + cutter.finish()
    assert spoken("".join(pieces)) == spoken("".join(bits))
    assert all(len(piece) <= LIMIT for piece in pieces)
    assert not pieces or len(pieces[0]) <= FIRST_LIMIT


@pytest.mark.parametrize(
    "text", ["", "   ", "\n\n", "🙂🙂", "…", "***", "---", "\u200d", "\x00\x01", "`` ``"]
)
def test_unspeakable_text_gives_no_piece(text: str) -> None:
    assert split_for_speech(text) == []


def test_markdown_and_emoji_are_not_read_aloud() -> None:
    said = split_for_speech("## Your **invoice** 🙂\n- see `4711` at [our page](https://x.example/y)")
    assert said == ["Your invoice see 4711 at our page"]


def test_markdown_that_is_never_closed_is_not_read_aloud() -> None:
    assert speakable("**Please note: `this") == "Please note: this"


def test_ten_thousand_characters_are_split() -> None:
    pieces = split_for_speech("The line is being tested now. " * 334)
    assert len(pieces) > 50
    assert all(piece.endswith("now.") for piece in pieces)


def test_abbreviations_and_numbers_do_not_end_sentences() -> None:
    cutter = TextSplitter()
    given_out = cutter.push("I have told Dr. Smith that it costs 3.50 a month. And")
    assert given_out == ["I have told Dr. Smith that it costs 3.50 a month."]


def test_an_abbreviation_at_the_end_of_a_chunk_waits_for_more_text() -> None:
    cutter = TextSplitter()
    assert cutter.push("I have told Dr. ") == []
    assert cutter.push("Smith. He") == ["I have told Dr. Smith."]


def test_a_long_sentence_is_cut_at_a_clause() -> None:
    clause = "we looked at your line from the exchange to your home,"
    pieces = split_for_speech(f"{clause} " * 8)
    assert all(piece.endswith(",") for piece in pieces)


def test_without_clauses_words_stay_whole() -> None:
    pieces = split_for_speech("word " * 200)
    assert {word for piece in pieces for word in piece.split()} == {"word"}


def test_an_endless_word_is_cut() -> None:
    assert split_for_speech("x" * 450) == ["x" * 200, "x" * 200, "x" * 50]


def test_the_first_piece_is_returned_as_soon_as_its_sentence_is_complete() -> None:
    cutter = TextSplitter()
    assert cutter.push("I see your invoice here. Shall I read") == ["I see your invoice here."]
    assert cutter.push(" it to you? It is from May. Also") == ["Shall I read it to you? It is from May."]
    assert cutter.finish() == ["Also"]


def test_a_long_first_sentence_begins_with_its_first_clause() -> None:
    text = "I can see on my screen, as you said, that the invoice of last month was charged twice to you"
    assert TextSplitter().push(text) == ["I can see on my screen, as you said,"]


def test_a_first_sentence_of_one_word_waits_for_the_next() -> None:
    assert TextSplitter().push("Yes. Of course I can. And") == ["Yes. Of course I can."]


@pytest.mark.parametrize(
    ("piece", "ends"), [("It is.", True), ("Is it?”", True), ("well,", False), ("and", False)]
)
def test_a_pause_belongs_after_a_sentence_only(piece: str, ends: bool) -> None:
    assert ends_sentence(piece) is ends
