"""A call's troubles in `baton show`."""

from __future__ import annotations

from agents.groq.errors import OF_THE_ACCOUNT
from operators.cli.troubles import COLUMNS, MEANINGS, rows
from persistence.records import CallId, Trouble

CALL = CallId("call-1")


def test_each_kind_is_told_once_with_its_meaning() -> None:
    noted = [
        Trouble(CALL, "speaking", "day_spent", 1_500),
        Trouble(CALL, "chat", "429", 2_000),
        Trouble(CALL, "chat", "429", 9_000),
        Trouble(CALL, "other", "RuntimeError", 9_500),
    ]
    told = rows(noted, zero=1_000)
    assert [row[1:4] for row in told] == [
        ("speaking", "day_spent", "1"),
        ("chat", "429", "2"),
        ("other", "RuntimeError", "1"),
    ]
    assert told[0][4] == "the day's limit of the key is spent: wait, or choose a larger plan"
    assert all(len(row) == len(COLUMNS) for row in told)


def test_whatever_is_wrong_with_the_account_has_a_meaning() -> None:
    assert set(OF_THE_ACCOUNT) <= set(MEANINGS)
