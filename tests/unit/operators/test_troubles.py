"""A call's troubles, as `baton show` tells them."""

from __future__ import annotations

from agents.groq.errors import OF_THE_ACCOUNT
from operators.troubles import MEANINGS, kinds_of
from persistence.records import CallId, Trouble

CALL = CallId("call-1")


def test_each_kind_is_told_once_with_its_meaning() -> None:
    noted = [
        Trouble(CALL, "speaking", "day_spent", 1_500),
        Trouble(CALL, "chat", "429", 2_000),
        Trouble(CALL, "chat", "429", 9_000),
        Trouble(CALL, "other", "RuntimeError", 9_500),
    ]
    told = kinds_of(noted)
    assert [(kind.first_at, kind.part, kind.error, kind.times) for kind in told] == [
        (1_500, "speaking", "day_spent", 1),
        (2_000, "chat", "429", 2),
        (9_500, "other", "RuntimeError", 1),
    ]
    assert told[0].meaning == "the day's limit of the key is spent: wait, or choose a larger plan"
    assert told[2].meaning == ""


def test_whatever_is_wrong_with_the_account_has_a_meaning() -> None:
    assert set(OF_THE_ACCOUNT) <= set(MEANINGS)
