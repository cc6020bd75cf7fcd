"""Any card number is redacted, in any way of saying it; and no text takes long."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from types import FrameType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum import luhn

from agents.redaction.kinds import KINDS
from agents.redaction.redactor import Redactor
from agents.session.held_turns import HeldTurns
from persistence.records import CALLER, CallId, Turn

UNITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()  # noqa: SIM905
TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
JOINS = (" ", ", ", "-", " - ", ". ", " … ", " uh ", ", and then ", " dash ", " / ")


@st.composite
def card_numbers(draw: st.DrawFn, first: str = "0123456789") -> str:
    digits = draw(st.sampled_from(first)) + draw(st.text("0123456789", min_size=11, max_size=17))
    return digits + luhn.calc_check_digit(digits)


@st.composite
def spoken_groups(draw: st.DrawFn, digits: str) -> list[str]:
    """Draw the digits in groups, each said or written in one of its ways."""
    groups = []
    while digits:
        length = draw(st.integers(1, min(4, len(digits))))
        groups.append(draw(st.sampled_from(ways_of(digits[:length]))))
        digits = digits[length:]
    return groups


def ways_of(group: str) -> Sequence[str]:
    ways = [group, " ".join(UNITS[int(digit)] for digit in group)]
    ways.append(" ".join(("oh" if digit == "0" else UNITS[int(digit)]) for digit in group))
    if len(group) > 1 and len(set(group)) == 1:
        ways.append(f"{('', '', 'double', 'triple', 'quadruple')[len(group)]} {UNITS[int(group[0])]}")
    if len(group) == 2 and group[0] == "1":
        ways.append(TEENS[int(group[1])])
    if len(group) == 2 and group[0] > "1" and group[1] != "0":
        ways += [f"{TENS[int(group[0])]}{join}{UNITS[int(group[1])]}" for join in " -"]
    if len(group) == 3 and group[0] > "0" and group.endswith("00"):
        ways.append(f"{UNITS[int(group[0])]} hundred")
    return ways


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_any_number_in_any_grouping_is_gone(data: st.DataObject) -> None:
    number = data.draw(card_numbers())
    groups = data.draw(spoken_groups(number))
    said = data.draw(st.sampled_from(JOINS)).join(groups)

    stored = Redactor(KINDS).redact(f"It is {said}. Thank you.")

    assert re.fullmatch(r"It is \[[a-z]+ number(?: ending \d{4})?\]\. Thank you\.", stored)


@settings(max_examples=20, deadline=None)
@given(st.data())
def test_any_number_in_any_turns_is_gone(data: st.DataObject) -> None:
    number = data.draw(card_numbers(first="23456"))
    at = sorted(data.draw(st.sets(st.integers(4, len(number) - 4), min_size=1, max_size=3)))
    parts = [number[start:end] for start, end in zip([0, *at], [*at, len(number)], strict=True)]
    turns = [" ".join(data.draw(spoken_groups(part))) for part in parts]
    stored: list[str] = []
    held = HeldTurns(Redactor(KINDS), lambda turn: stored.append(turn.text), hold_s=60)

    for seq, words in enumerate([*turns, "thank you"]):
        with_timer_off(held, Turn(CallId("call"), seq, CALLER, words, seq, seq))
    held.settle()

    *parts_stored, last, thanks = stored
    assert all(words.startswith("[") and words.endswith("]") for words in (*parts_stored, last))
    assert thanks == "thank you"


@pytest.mark.parametrize(
    "turns",
    [
        # "Thirty six" may be 30 6: then the first two turns are 14 digits of a Diners Club card.
        ("thirty six 2 7", "4 0420 0010", "000 003"),
        # The first 13 digits pass for one of Visa's oldest numbers.
        ("4222 2222 2222 2", "000 018"),
        ("4222 2222 2222 2", "000", "018"),
        ("4222 2222 2222 2", "0", "00018"),
    ],
)
def test_a_number_that_goes_on_although_it_seemed_whole_is_gone(turns: Sequence[str]) -> None:
    stored: list[str] = []
    held = HeldTurns(Redactor(KINDS), lambda turn: stored.append(turn.text), hold_s=60)

    for seq, words in enumerate([*turns, "thank you"]):
        with_timer_off(held, Turn(CallId("call"), seq, CALLER, words, seq, seq))
    held.settle()

    *parts_stored, thanks = stored
    assert all(words.startswith("[") and words.endswith("]") for words in parts_stored)
    assert thanks == "thank you"


def with_timer_off(held: HeldTurns, turn: Turn) -> None:
    """Add a turn with a fake timer: a turn that waits sets one, and there is no event loop here."""
    held._timer = NoTimer()  # type: ignore[assignment]
    held.add(turn)


class NoTimer:
    def cancel(self) -> None:
        pass


HOSTILE = (
    "4 ", "four ", "0 ", "de89 ", "a@", "@", "1,", "at a dot ", "a b 1 ", "AB12 ", "twenty five ",
    "call me 123456 ", "0123456789 x ", "2125550123 ",
)  # fmt: skip


@pytest.mark.parametrize("part", HOSTILE)
def test_no_text_takes_more_steps_than_its_length_says(part: str) -> None:
    """Twenty times the text takes about twenty times the steps; quadratic would be four hundred times."""
    short, long = part * (500 // len(part)), part * (10_000 // len(part))

    assert steps_for(long) < 40 * steps_for(short) + 10_000


def steps_for(text: str) -> int:
    """Count function calls, built-ins included: the same on every machine, however busy it is."""
    steps = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal steps
        steps += event in {"call", "c_call"}

    redactor = Redactor(KINDS)
    sys.setprofile(count)
    try:
        redactor.redact(text)
    finally:
        sys.setprofile(None)
    return steps
