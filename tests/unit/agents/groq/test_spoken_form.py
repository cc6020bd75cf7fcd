"""Two hundred written forms, and how a careful reader says each."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.groq.tts.spoken.form import speakable, spoken_form
from agents.groq.tts.spoken.rule import UNBROKEN

_ROWS = [
    tuple(part.strip() for part in line.replace("\\n", "\n").split(" => "))
    for line in Path(__file__).with_name("spoken_forms.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("# ")
]


def said(text: str) -> str:
    return spoken_form(text).replace(UNBROKEN, " ")


@pytest.mark.parametrize(("written", "spoken"), _ROWS)
def test_what_is_written_is_spoken_as_a_reader_says_it(written: str, spoken: str) -> None:
    assert said(written) == spoken


def test_there_are_two_hundred_rows_and_the_last_is_an_address() -> None:
    assert len(_ROWS) == len({written for written, _ in _ROWS}) == 200
    assert "Springfield, IL" in _ROWS[-1][0]


@pytest.mark.parametrize(("written", "spoken"), _ROWS)
def test_what_is_spoken_stays_as_it_is(written: str, spoken: str) -> None:
    assert said(said(written)) == said(written)


@given(st.text(max_size=200))
def test_no_digit_and_no_mark_is_left_whatever_the_text(text: str) -> None:
    assert not set(spoken_form(text)) & set("0123456789@#%&=+<>[]{}|*_~`")


@given(st.text(st.sampled_from("abXY 019.,:-/$€%@#+()'\"\n|*[]<>"), max_size=60))
def test_signs_in_any_order_are_no_error(text: str) -> None:
    assert not set(spoken_form(text)) & set("0123456789@#%&=+<>[]{}|*_~`")


def test_words_alone_are_spoken_as_they_are() -> None:
    text = "Hello, this is billing; I hear — if that is right? — that you were charged twice (again)."
    assert spoken_form(text) == speakable(text) == text


@pytest.mark.parametrize("sign", ["1", "1-", "1+", " ", "<", "a@", "Elm St. ", "[a "])
def test_ten_thousand_signs_do_not_stop_the_event_loop_for_long(sign: str) -> None:
    began = time.process_time()
    spoken_form(sign * (10_000 // len(sign)))
    assert time.process_time() - began < 3.0  # a rule that looks back over the whole text takes 5 to 20 s
