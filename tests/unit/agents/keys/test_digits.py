"""Numbers typed on a telephone, key by key: exact, whatever the trunk does to the keys."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.keys.debounce import BOUNCE_S, Debounce, key_of
from agents.keys.digit_entry import DigitEntry, Step
from agents.roster.keys import KeysEntry

KEYS = "0123456789*#"


def wanted(digits: str = "12", **more: object) -> KeysEntry:
    return KeysEntry.model_validate({"name": "number", "digits": digits, "says": "Type it.", **more})


def typed(keys: str, entry: DigitEntry) -> Step:
    """Press these keys and return the step after the last one."""
    return [entry.press(key) for key in keys][-1]


@given(
    number=st.text("0123456789", min_size=12, max_size=12),
    echoes=st.lists(st.floats(0, BOUNCE_S * 0.9) | st.none(), min_size=13, max_size=13),
    gaps=st.lists(st.floats(BOUNCE_S * 1.1, 2), min_size=13, max_size=13),
)
@pytest.mark.fault("T20")
def test_twelve_digits_are_exact_with_echoes_and_a_late_end_key(
    number: str, echoes: list[float | None], gaps: list[float]
) -> None:
    debounce, at, pressed = Debounce(), 0.0, ""
    for key, echo, gap in zip(f"{number}#", echoes, gaps, strict=True):
        at += gap
        times = [at] if echo is None else [at, at + echo]
        pressed += "".join(key for time in times if debounce.is_pressed(key, time))
    entry, after = DigitEntry(wanted()), DigitEntry(wanted())
    assert typed(pressed[:12], entry) is Step.WHOLE
    assert entry.typed == number
    assert typed(pressed[12:], after) is Step.GOES_ON  # the late end key belongs to the number before
    assert after.typed == ""


@pytest.mark.parametrize(
    ("keys", "step", "number"),
    [
        ("123456#", Step.WHOLE, "123456"),
        ("12345#", Step.TOO_FEW, "12345"),
        ("#", Step.GOES_ON, ""),
        ("##1", Step.GOES_ON, "1"),
        ("999*123456#", Step.WHOLE, "123456"),
        ("1234567890", Step.WHOLE, "1234567890"),
        ("12345", Step.GOES_ON, "12345"),
    ],
)
def test_an_end_key_ends_what_has_enough_digits_and_a_star_begins_anew(
    keys: str, step: Step, number: str
) -> None:
    entry = DigitEntry(wanted("6..10"))
    assert (typed(keys, entry), entry.typed) == (step, number)


def test_without_an_end_key_the_hash_is_no_key_of_the_number() -> None:
    entry = DigitEntry(wanted("6..10", end="none"))
    assert typed("123#456#", entry) is Step.GOES_ON
    assert (entry.end(), entry.typed) == (Step.WHOLE, "123456")


def test_a_pause_ends_a_number_and_none_that_has_not_begun() -> None:
    entry = DigitEntry(wanted("4..6"))
    assert entry.end() is Step.GOES_ON
    assert typed("123", entry) is Step.GOES_ON
    assert entry.end() is Step.TOO_FEW
    assert typed("4", entry) is Step.GOES_ON
    assert entry.end() is Step.WHOLE


@pytest.mark.parametrize(
    ("digit", "code", "key"),
    [
        ("5", 5, "5"),
        ("", 5, "5"),
        ("", 11, "#"),
        ("#", 11, "#"),
        (" 7 ", 7, "7"),
        ("A", 12, None),
        ("", 12, None),
    ],
)
def test_an_event_is_a_key_of_a_telephone_or_none(digit: str, code: int, key: str | None) -> None:
    assert key_of(digit, code) == key


def test_the_same_key_twice_is_two_keys_and_its_echo_is_none() -> None:
    debounce = Debounce()
    times = [0, 0.02, 0.12, 0.16, 0.3]
    assert [debounce.is_pressed("5", at) for at in times] == [True, False, True, False, True]
    assert debounce.is_pressed("6", 0.3)
    assert not debounce.is_pressed("5", 0.35), "its echo, which was on the way for longer"
