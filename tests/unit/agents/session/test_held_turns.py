"""A turn that breaks off within a number waits for the rest of it, and no longer than it has to."""

from __future__ import annotations

import asyncio

import pytest

from agents.redaction.kinds import KINDS, Kind
from agents.redaction.redactor import Redactor
from agents.session.held_turns import HOLD_S, HeldTurns
from persistence.records import CALLER, CallId, Turn

pytestmark = pytest.mark.looptime

AGENT = "billing"


class Kept:
    """Keeps the turns that would be stored. The agent's lines begin with "A: "."""

    def __init__(self) -> None:
        self.turns: list[Turn] = []
        self.held = HeldTurns(Redactor(KINDS), self.turns.append)

    def said(self, *lines: str) -> list[str]:
        for line in lines:
            speaker = AGENT if line.startswith("A: ") else CALLER
            seq = len(self.turns)
            self.held.add(Turn(CallId("call"), seq, speaker, line.removeprefix("A: "), seq, seq))
        return self.stored

    @property
    def stored(self) -> list[str]:
        return [turn.text for turn in self.turns]


SPLIT = (
    (
        ("my card is", "four one one one", "one one one one", "one one one one", "one one one one", "thanks"),
        ["my card is", "[number]", "[number]", "[number]", "[card number ending 1111]", "thanks"],
    ),
    (
        ("it is 4111", "A: 4111, go on", "1111 1111", "A: yes", "1111.", "A: so 4111 1111 1111 1111", "yes"),
        ["it is [number]", "[number], go on", "[number]", "yes", "[card number ending 1111].",
         "so [card number ending 1111]", "yes"],
    ),
    (
        ("A: What is your telephone number?", "oh two oh", "seven nine four six", "oh nine five eight", "ok"),
        ["What is your telephone number?", "[number]", "[number]", "[telephone number]", "ok"],
    ),
    (
        ("my mail is jane dot doe", "at example dot com", "thanks"),
        ["my mail is [e-mail address]", "[e-mail address]", "thanks"],
    ),
    (("DE89 3704", "0044 0532 0130 00", "ok"), ["[number]", "[account number]", "ok"]),
    (("it's 4711", "A: Thank you.", "thanks"), ["it's 4711", "Thank you.", "thanks"]),
)  # fmt: skip


@pytest.mark.parametrize(("said", "stored"), SPLIT, ids=[said[0] for said, _ in SPLIT])
async def test_a_number_over_several_turns_is_one_number(said: tuple[str, ...], stored: list[str]) -> None:
    kept = Kept()

    assert kept.said(*said) == stored
    assert not kept.held.now


AT_ONCE = (
    ("my order is 4711",),
    ("I would like two",),
    ("it costs 49.99 euros",),
    ("4111 1111 1111 1111",),
    ("A: What is your order number?", "4711"),
    ("A: What is your telephone number?", "020 7946 0958"),
    ("jane@example.com",),
)


@pytest.mark.parametrize("said", AT_ONCE, ids=[said[-1] for said in AT_ONCE])
async def test_nothing_waits_that_is_whole(said: tuple[str, ...]) -> None:
    kept = Kept()

    assert len(kept.said(*said)) == len(said)


async def test_what_waits_is_known_to_briefs_as_it_would_be_stored() -> None:
    kept = Kept()
    kept.said("four one one one one one one one")

    assert [turn.text for turn in kept.held.now] == ["[number]"]
    assert not kept.stored


async def test_a_turn_waits_no_longer_than_its_limit() -> None:
    kept = Kept()
    kept.said("it's 4711", "A: Let me look that up.")
    assert not kept.stored

    await asyncio.sleep(HOLD_S + 0.1)

    assert kept.stored == ["it's 4711", "Let me look that up."]


async def test_the_rest_of_a_number_is_redacted_also_after_the_limit() -> None:
    kept = Kept()
    kept.said("it's 4111")
    kept.held.settle()

    assert kept.said("1111 1111", "1111", "thanks") == [
        "it's 4111",
        "[number]",
        "[card number ending 1111]",
        "thanks",
    ]


async def test_of_a_number_that_was_never_finished_no_more_stays_than_may_be_shown() -> None:
    kept = Kept()
    kept.said("four one one one, one one one one, one one")
    kept.held.settle()

    assert kept.stored == ["[number]"]


CARD = "4111 1111 1111 1111"
ENDING = "[card number ending 1111]"
MAIL, NO_MAIL = "jane@example.com", "[e-mail address]"


class Roles(Kept):
    """Turns that may be understood after the role has changed. `kinds`: what the first role redacts."""

    def __init__(self, *kinds: Kind) -> None:
        super().__init__()
        self.redactor = Redactor(kinds)
        self.held = HeldTurns(self.redactor, self.turns.append)

    def begun(self, at: int, words: str) -> None:
        self.held.add(Turn(CallId("call"), 0, CALLER, words, at, at))


async def test_a_turn_that_began_before_another_role_had_the_caller_is_redacted_by_both() -> None:
    kept = Roles("card")
    kept.begun(10, f"{CARD}, {MAIL}")
    kept.redactor.change(["email"], at=20)
    kept.begun(19, f"{CARD}, {MAIL}")
    kept.begun(20, f"{CARD}, {MAIL}")
    kept.redactor.change([], at=30)
    kept.begun(20, f"{CARD}, {MAIL}")
    kept.begun(30, f"{CARD}, {MAIL}")
    assert kept.stored == [
        f"{ENDING}, {MAIL}",
        f"{ENDING}, {NO_MAIL}",
        f"{CARD}, {NO_MAIL}",
        f"{CARD}, {NO_MAIL}",
        f"{CARD}, {MAIL}",
    ]


async def test_a_number_that_goes_on_while_another_role_gets_the_caller_is_redacted_to_its_end() -> None:
    kept = Roles("card")
    kept.begun(10, "it is 4111 1111")
    kept.redactor.change([], at=20)
    kept.begun(20, "1111 1111, that is it")
    kept.begun(21, CARD)
    assert kept.stored == ["it is [number]", f"{ENDING}, that is it", CARD]


async def test_turns_keep_their_order_when_the_next_role_redacts_nothing() -> None:
    kept = Roles("card")
    kept.begun(10, "it is 4111 1111")
    kept.redactor.change([], at=20)
    kept.held.add(Turn(CallId("call"), 0, AGENT, "Go on.", 20, 20))
    assert not kept.stored
    kept.held.settle()
    assert kept.stored == ["it is [number]", "Go on."]
