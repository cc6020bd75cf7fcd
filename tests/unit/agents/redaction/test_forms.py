"""What is redacted and what stays, in every form that a transcription may give it."""

from __future__ import annotations

from pathlib import Path

import pytest

from agents.redaction.kinds import KINDS, Kind
from agents.redaction.redactor import Redactor

FORMS = [
    tuple(line.split(" => "))
    for line in Path(__file__).with_name("forms.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]


@pytest.mark.parametrize(("said", "stored"), FORMS, ids=[said[:60] for said, _ in FORMS])
def test_what_is_stored_of_it(said: str, stored: str) -> None:
    assert Redactor(KINDS).redact(said) == (said if stored == "=" else stored)


@pytest.mark.parametrize(("said", "stored"), FORMS, ids=[said[:60] for said, _ in FORMS])
def test_what_is_redacted_stays_as_it_is(said: str, stored: str) -> None:
    once = Redactor(KINDS).redact(said)
    assert Redactor(KINDS).redact(once) == once


@pytest.mark.parametrize("kind", KINDS)
def test_a_role_redacts_the_kinds_that_it_names_alone(kind: Kind) -> None:
    said = {
        "card": "4111 1111 1111 1111",
        "account": "DE89 3704 0044 0532 0130 00",
        "telephone": "+44 20 7946 0958",
        "email": "jane@example.com",
        "identity": "AB 12 34 56 C",
    }
    redactor = Redactor([kind])

    assert [name for name, words in said.items() if redactor.redact(words) != words] == [kind]


def test_without_a_kind_everything_stays() -> None:
    assert Redactor(()).redact("4111 1111 1111 1111") == "4111 1111 1111 1111"


def test_a_number_that_is_read_back_in_pieces_is_known() -> None:
    redactor = Redactor(KINDS)
    redactor.redact("5105 1051 0510 5100")

    assert redactor.redact("so five one oh five one oh five one, right?") == "so [number], right?"
    assert redactor.redact("your card ending 5100") == "your card ending 5100"


def test_arguments_of_a_tool_are_redacted_by_the_names_of_their_fields() -> None:
    given = {"phone": "5550123", "order": 4711, "card": [4111111111111111], "mail": {"to": "a@example.com"}}

    assert Redactor(KINDS).redact_all(given) == {
        "phone": "[telephone number]",
        "order": 4711,
        "card": ["[card number ending 1111]"],
        "mail": {"to": "[e-mail address]"},
    }


def test_what_is_asked_for_tells_what_the_answer_is() -> None:
    assert Redactor(KINDS).redact("555 0123", "What is your phone number?") == "[telephone number]"
    assert Redactor(KINDS).redact("555 0123", "What is the order number?") == "555 0123"
