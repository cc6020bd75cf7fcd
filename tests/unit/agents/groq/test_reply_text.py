"""A reply's first words pass on at once, later ones by sentences; one that is cut ends with a sentence."""

from __future__ import annotations

from agents.groq.llm.reply_text import AT_ONCE, ReplyText

FIRST = "This is the first sentence. "
LONG = FIRST * (AT_ONCE // len(FIRST) + 1)


def test_the_first_words_pass_as_they_come() -> None:
    text = ReplyText()
    assert [text.push(word) for word in ("I ", "can ", "see")] == ["I ", "can ", "see"]


def test_later_words_pass_as_whole_sentences() -> None:
    text = ReplyText()
    text.push(LONG)
    assert text.push("The bill ") == ""
    assert text.push("is due. And") == "The bill is due."
    assert text.is_whole
    assert text.rest() == " And"


def test_nothing_is_lost_or_reordered_whatever_the_pieces() -> None:
    whole = LONG + "It costs 3.50 a month, e.g. for Dr. Smith. Shall I go on?"
    text = ReplyText()
    assert "".join(text.push(letter) for letter in whole) + text.rest() == whole
