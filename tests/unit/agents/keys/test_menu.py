"""The menu of keys for a caller whose speech is not understood."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from agents.keys.menu import KeyMenu, menu_line
from agents.roster.roster import load_roster
from tests.unit.agents.keys.test_question import Telephone
from tests.unit.agents.roster.test_roster import ROSTER, VOICES

pytestmark = pytest.mark.looptime

ROSTERS = load_roster(ROSTER, voices=VOICES)
FRONT_DESK = ROSTERS.role("front-desk")


async def test_a_key_hands_over_once_the_menu_was_offered_and_others_do_nothing() -> None:
    phone, chosen = Telephone(), list[str]()
    menu = KeyMenu(phone.pad, FRONT_DESK, chosen.append)
    serving = asyncio.create_task(menu.serve())
    await phone.press("1")
    assert chosen == []
    assert menu.offer() == menu_line(FRONT_DESK)
    await phone.press("937#2")
    assert chosen == ["technical"]
    serving.cancel()


async def test_digits_that_a_role_asks_for_choose_nothing() -> None:
    phone, chosen = Telephone(), list[str]()
    menu = KeyMenu(phone.pad, FRONT_DESK, chosen.append)
    serving = asyncio.create_task(menu.serve())
    await asyncio.sleep(0)
    menu.offer()
    asked = phone.asked()
    await phone.press("121212")
    assert (await asked, chosen) == ("121212", [])
    serving.cancel()


def test_the_menu_names_whom_the_role_hands_over_to_and_is_empty_without_them() -> None:
    line = menu_line(FRONT_DESK)
    assert line.endswith("Press 1 for the billing desk. Press 2 for the technical desk.")
    alone: Any = SimpleNamespace(
        tools=("end_call",), transfers_to=("billing",), spoken_lines=ROSTERS.house.lines
    )
    assert menu_line(cast(Any, alone)) == ""
