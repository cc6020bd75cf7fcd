"""A role with a user's own LiveKit agent class: handed over to, recovered, and handed back."""

from __future__ import annotations

from pathlib import Path

import pytest

from agents.roster.roster import load_roster
from local.stack import Stack
from settings import GroqSettings
from tests.acceptance.roles.tickets import ENTERED, SOLD, TO_KIOSK, TO_TICKETS, TWO_SEATS
from tests.support.conversation import conversation
from tests.support.driving import AT_ONCE_LIMIT_MS, kill_holder, most_at_once_ms

VOICES = GroqSettings.model_construct().voices.split()

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_an_agent_class_is_handed_over_to_recovered_and_handed_back(stack: Stack) -> None:
    roster = load_roster(Path(stack.env["BATON_ROSTER_FOLDER"]), voices=VOICES, documents=False)
    async with conversation(stack, role="kiosk") as talk:
        await talk.is_greeted()
        await talk.says(TO_TICKETS)
        await talk.meets_another(hears_out=False)
        await talk.is_told(ENTERED)
        await talk.says(TWO_SEATS)
        await talk.is_told(SOLD)
        await kill_holder(talk)
        await talk.meets_another(hears_out=False)
        await talk.is_told(roster.house.lines.recovered_listening, hears_out=False)
        await talk.caller.hears_out(pause_s=1.5, limit_s=20)
        await talk.says(TO_KIOSK)
        await talk.meets_another()
        call = await talk.call()
        uses = await talk.store.tool_uses(call.id)
        said = [turn.text for turn in await talk.turns() if turn.speaker == "tickets"]

        assert [(use.tool, use.answer) for use in uses] == [("reserve", "window is reserved; entered 1 time")]
        assert said.count(ENTERED) == 2, "each agent of the call enters once"
        assert call.holder_role == "kiosk"
        assert most_at_once_ms(talk) <= AT_ONCE_LIMIT_MS
        assert not any("Nobody must hear" in turn.text for turn in await talk.turns())
