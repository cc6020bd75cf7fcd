"""Whether words are a whole turn: what a caller says, and how it ends."""

from __future__ import annotations

import pytest

from agents.turns.ending import Ending, ending
from agents.turns.expectation import Expects, asked_for

DONE, PLAIN, DOUBT, UNFINISHED = Ending.DONE, Ending.PLAIN, Ending.DOUBT, Ending.UNFINISHED

ENDINGS = {
    DONE: [
        *("Yes.", "no", "yes please", "Thank you.", "Okay, thanks.", "That's all, thank you.", "goodbye"),
        *("What are your opening hours?", "what are your opening hours", "can you help me please"),
        *("Where are you from", "what is this about", "Is that 4 7 1?", "that's right", "billing please"),
        *("how much do I pay each month", "no thank you", "yes it is", "I don't know", "Yes, I am."),
    ],
    PLAIN: [
        *(
            "I was charged twice for my last invoice.",
            "I would like to cancel my contract",
            "a table for two",
        ),
        *("It cost $49.99", "I have been a customer since 2019", "we met at 8:30", "I want that one", "Oh."),
        *("put me through to billing", "my internet is slow"),
    ],
    DOUBT: ["Hello.", "good morning", "my number is 415 555 2671", "My telephone number is 4155552671."],
    UNFINISHED: [
        *("my number is four seven one", "My number is 4", "It's 471", "four seven one", "zero", "4, 7, 1."),
        *(
            "my number is",
            "my number is double",
            "the code is A B",
            "It is spelled S, M, I",
            "S-M-I",
            "b as in bravo",
        ),
        *(
            "I live at 24 Maple",
            "My address is 12 Oak Street",
            "I would like to",
            "and then",
            "I was wondering",
        ),
        *("Well, the thing is", "I am calling because", "so I was thinking", "um", "I need a", "My name is,"),
        *(
            "Let me see",
            "hold on",
            "one moment",
            "I wanted to ask if",
            "yes and",
            "the invoice number is 12-",
            "And I",
        ),
        *("My e-mail is anna dot", "it happened when I", "I think that", "my card number is 4155552671"),
        *(
            "well the thing is that",
            "My name is spelled M.I.L.",
            "my name is spelled MIL",
            "I'm asking so that",
        ),
        "I'm looking for a plan with…",
    ],
}


@pytest.mark.parametrize(
    ("expected", "words"), [(end, line) for end, lines in ENDINGS.items() for line in lines]
)
def test_words_end_as_they_do(expected: Ending, words: str) -> None:
    assert ending(words) is expected


@pytest.mark.parametrize(
    ("asked", "words", "expected"),
    [
        (Expects.NUMBER, "it is for two", UNFINISHED),
        (Expects.NUMBER, "I have it here somewhere", DOUBT),
        (Expects.NUMBER, "I don't know", DONE),
        (Expects.NUMBER, "471 9235 is my number", PLAIN),
        (Expects.SPELLING, "Smith", UNFINISHED),
        (Expects.SPELLING, "s", UNFINISHED),
        (Expects.ADDRESS, "Maple Street", UNFINISHED),
        (Expects.ADDRESS, "12 Oak Street Springfield 62704", DOUBT),
        (Expects.ADDRESS, "anna at example dot com", DOUBT),
        (Expects.YES_OR_NO, "yes", DONE),
    ],
)
def test_what_was_asked_for_is_waited_for(asked: Expects, words: str, expected: Ending) -> None:
    assert ending(words, asked) is expected


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("Sure. What is your telephone number?", Expects.NUMBER),
        ("Please tell me your account number.", Expects.NUMBER),
        ("How much was it?", Expects.NUMBER),
        ("Could you spell your last name?", Expects.SPELLING),
        ("And where do you live?", Expects.ADDRESS),
        ("Could you give me your e-mail address, please?", Expects.ADDRESS),
        ("I have 4 7 1. Is that right?", Expects.YES_OR_NO),
        ("You want to cancel, correct?", Expects.YES_OR_NO),
        ("What is your number? Take your time.", None),
        ("I have written your number down.", None),
        ("How can I help you?", None),
        ("", None),
    ],
)
def test_a_question_asks_for_what_its_words_name(line: str, asked: Expects | None) -> None:
    assert asked_for(line) is asked
