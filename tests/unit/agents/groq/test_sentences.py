"""Splitting text for speech: no piece too long, nothing lost or reordered, nothing unspeakable."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.groq.tts.sentences import FIRST_LIMIT, LIMIT, TextSplitter, ends_sentence, split_for_speech
from agents.groq.tts.spoken.form import speakable, spoken_form
from agents.groq.tts.spoken.rule import UNBROKEN

PLAIN = st.text(st.sampled_from("abcdé XYZ 0123 ,.!?;:—'\"()\n\t"), max_size=600)
ANYTHING = st.text(max_size=600)


def spoken(text: str) -> str:
    """Return only what a voice would say."""
    return "".join(letter for letter in text.casefold() if letter.isalnum())


@given(PLAIN)
def test_every_piece_fits_and_nothing_is_lost_or_reordered(text: str) -> None:
    pieces = split_for_speech(text)
    assert all(0 < len(piece) <= LIMIT for piece in pieces)
    assert spoken("".join(pieces)) == spoken(spoken_form(text))


@given(ANYTHING, st.integers(20, 300))
def test_whatever_the_text_every_piece_fits_and_can_be_spoken(text: str, limit: int) -> None:
    for piece in split_for_speech(text, limit):
        assert len(piece) <= limit
        assert spoken(piece)
        assert piece.isprintable()


@given(st.lists(st.text(st.sampled_from("xyz XY. ,!?\n"), max_size=40), max_size=40))
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
    assert said == ["Your invoice. see four thousand seven hundred eleven at our page"]


def test_markdown_that_is_never_closed_is_not_read_aloud() -> None:
    assert speakable("**Please note: `this") == "Please note: this"


def test_ten_thousand_characters_are_split() -> None:
    pieces = split_for_speech("The line is being tested now. " * 334)
    assert len(pieces) > 50
    assert all(piece.endswith("now.") for piece in pieces)


def test_abbreviations_and_numbers_do_not_end_sentences() -> None:
    cutter = TextSplitter()
    given_out = cutter.push("I have told Dr. Smith that it costs 3.50 a month. And")
    assert given_out == ["I have told Doctor Smith that it costs three point five zero a month."]


def test_an_abbreviation_at_the_end_of_a_chunk_waits_for_more_text() -> None:
    cutter = TextSplitter()
    assert cutter.push("I have told Dr. ") == []
    assert cutter.push("Smith. He") == ["I have told Doctor Smith."]


def test_a_long_sentence_is_cut_at_a_clause() -> None:
    clause = "we looked at your line from the exchange to your home,"
    pieces = split_for_speech(f"{clause} " * 8)
    assert all(piece.endswith(",") for piece in pieces)


def test_without_clauses_words_stay_whole() -> None:
    pieces = split_for_speech("word " * 200)
    assert {word for piece in pieces for word in piece.split()} == {"word"}


def test_what_fits_one_request_is_one_piece() -> None:
    assert split_for_speech("Are you there? Yes I am.") == ["Are you there? Yes I am."]


def test_text_that_comes_at_once_is_spoken_in_few_pieces() -> None:
    text = "Here is what I found for you. " + "All is well there. " * 10
    assert [len(piece) for piece in TextSplitter().push(text + "And")] == [29, 189]


@pytest.mark.parametrize(
    "number",
    ["+1 (555) 123-4567", "March 3, 2026", "AB-12345", "1,234,567", "the 3rd of May, 2026", "$1.5 million"],
)
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_a_number_is_never_cut_in_two(number: str, size: int) -> None:
    whole = spoken_form(number).replace(UNBROKEN, " ")
    for length in range(1, 30):
        text = f"{'so ' * length}we have {number} and so on and on for ever and ever as it seems to me now."
        splitter = TextSplitter(limit=120, first_limit=60)
        bits = [text[at : at + size] for at in range(0, len(text), size)]
        pieces = [piece for bit in bits for piece in splitter.push(bit)] + splitter.finish()
        assert any(whole in piece for piece in pieces), pieces


@pytest.mark.parametrize(
    "text",
    [
        "Then do this:\n1. Call us.\n2. Wait.\n",
        "I saw Dr. Smith. He is well.",
        "[clears throat] No. 5 it is.",
    ],
)
def test_what_is_said_does_not_depend_on_how_the_text_comes(text: str) -> None:
    splitter = TextSplitter()
    pieces = [piece for letter in text for piece in splitter.push(letter)] + splitter.finish()
    assert spoken(" ".join(pieces)) == spoken(spoken_form(text))


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
