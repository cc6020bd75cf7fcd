"""A caller is asked to type a number: what they hear, how long they have, and whose keys count."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest
from livekit import rtc
from livekit.agents.voice import SpeechHandle

from agents.keys.digits_tool import GIVEN, digits_tool
from agents.keys.key_pad import KeyPad
from agents.keys.question import CONFIRM_S, DigitQuestion, NotTyped
from agents.keys.typed_numbers import TypedNumbers
from agents.roster.keys import KeysEntry
from agents.roster.roster import load_roster
from agents.tools.own_tool import Use
from tests.unit.agents.roster.test_roster import ROSTER, VOICES

pytestmark = pytest.mark.looptime

HOUSE = load_roster(ROSTER, voices=VOICES).house
LINES = HOUSE.lines
SAYS = "Please type your customer number."
AGAIN = f"{LINES.keys_again} {SAYS}"


class Telephone:
    """A caller with keys, in a room with others who have keys too. `heard`: what they were told."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.speeches: list[SpeechHandle] = []
        self.pressed = 0
        self._tell: Callable[[Any], None] = lambda _: None
        self.pad = KeyPad(cast(rtc.Room, self), "caller", self._noted)
        self.question = DigitQuestion(self.pad, self._say, LINES)

    def on(self, event: str, tell: Callable[[Any], None]) -> None:
        assert event == "sip_dtmf_received"
        self._tell = tell

    def _noted(self) -> None:
        self.pressed += 1

    def _say(self, line: str) -> SpeechHandle:
        self.heard.append(line)
        self.speeches.append(SpeechHandle.create())
        return self.speeches[-1]

    def asked(self, **entry: Any) -> asyncio.Task[str]:
        fields = {"name": "customer_number", "digits": "6", "says": SAYS, **entry}
        return asyncio.create_task(self.question.ask(KeysEntry.model_validate(fields)))

    async def press(self, keys: str, *, by: str | None = "caller", every_s: float = 0.3) -> None:
        for key in keys:
            await asyncio.sleep(every_s)
            participant = None if by is None else SimpleNamespace(identity=by)
            self._tell(SimpleNamespace(digit=key, code=0, participant=participant))
        await asyncio.sleep(0)


async def test_a_caller_who_types_has_heard_enough_of_the_question() -> None:
    phone = Telephone()
    asked = phone.asked()
    await phone.press("1")
    assert phone.speeches[0].interrupted
    await phone.press("23456")
    assert await asked == "123456"
    assert (phone.heard, phone.pressed) == ([SAYS], 6)


@pytest.mark.fault("T23")
async def test_nobody_elses_keys_are_the_callers() -> None:
    phone = Telephone()
    asked = phone.asked()
    await phone.press("999", by="person-anna")
    await phone.press("999", by=None)
    await phone.press("123456")
    assert await asked == "123456"


async def test_too_few_digits_are_asked_for_again_and_not_for_ever() -> None:
    phone = Telephone()
    asked = phone.asked(digits="6..12")
    await phone.press("123#")
    await phone.press("12345")
    await asyncio.sleep(6)  # longer than between_s
    await phone.press("1#")
    with pytest.raises(NotTyped, match="3 times"):
        await asked
    assert phone.heard == [SAYS, AGAIN, AGAIN]


@pytest.mark.parametrize(("secret", "told"), [(False, "may say it"), (True, "Do not ask them to say it")])
async def test_a_caller_who_types_nothing_keeps_nobody_waiting(secret: bool, told: str) -> None:
    phone = Telephone()
    before = asyncio.get_running_loop().time()
    with pytest.raises(NotTyped, match=told):
        await phone.asked(within_s=20, secret=secret)
    assert asyncio.get_running_loop().time() - before == pytest.approx(20)


async def test_a_number_that_is_read_back_counts_once_the_caller_says_so() -> None:
    phone = Telephone()
    asked = phone.asked(confirm=True)
    await phone.press("1234566")  # one key too many, by mistake: not an answer
    await asyncio.sleep(1)
    await phone.press("#5")  # neither is an answer
    await phone.press("2")
    await phone.press("123456#")
    await asyncio.sleep(1)
    await phone.press("1")
    assert await asked == "123456"
    read_back = LINES.keys_right.format(digits="1 2 3, 4 5 6")
    assert phone.heard == [SAYS, read_back, AGAIN, read_back]


async def test_of_a_secret_number_only_its_length_is_read_back() -> None:
    phone = Telephone()
    asked = phone.asked(confirm=True, secret=True)
    await phone.press("123456")
    await asyncio.sleep(1.1)
    assert phone.heard == [SAYS, LINES.keys_right_secret.format(count="6")]
    with pytest.raises(NotTyped, match="Do not ask them to say it"):
        await asyncio.wait_for(asked, CONFIRM_S + 1)


async def test_keys_that_nobody_asked_for_are_dropped() -> None:
    phone = Telephone()
    await phone.press("777777")
    asked = phone.asked()
    await phone.press("123456")
    assert await asked == "123456"


async def test_the_model_is_told_the_digits_but_not_those_of_a_secret_number() -> None:
    phone, typed = Telephone(), TypedNumbers()
    entries = [
        KeysEntry.model_validate({"name": name, "digits": "4", "says": SAYS, "secret": name == "pin"})
        for name in ("order", "pin")
    ]
    role: Any = SimpleNamespace(keys=entries)
    tool = digits_tool(role, HOUSE.tools, phone.question, typed)
    told = []
    for name in tool.parameters["properties"]["name"]["enum"]:
        asked = asyncio.ensure_future(tool.work({"name": name}, cast(Use, None)))
        await phone.press("4711")
        told.append(await asked)
    assert told == ["4711", GIVEN]
    assert typed.get("pin") == "4711"
    assert "4711" not in repr(vars(typed))
