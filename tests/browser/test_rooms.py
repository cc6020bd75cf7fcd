"""Rooms as LiveKit tells of them: an agent is put into one, and its part is ended."""

from __future__ import annotations

from uuid import uuid4

import pytest
from playwright.async_api import Browser, expect

from local.caller.caller import Caller
from local.caller.token import caller_token
from local.stack import Stack
from tests.browser.console import Service, console

pytestmark = pytest.mark.asyncio(loop_scope="session")

LIMIT_S = 40.0


async def test_an_agent_is_put_into_a_room_where_somebody_waits_and_leaves_when_told_to(
    stack: Stack, browser: Browser, desk: Service
) -> None:
    room = f"waiting-{uuid4().hex[:8]}"
    token = caller_token(stack.livekit.api_key, stack.livekit.api_secret, room=room, agent_name=None)
    async with (
        Caller.join(stack.livekit.url, token) as caller,
        console(browser, desk, desk.operator) as operator,
    ):
        await operator.go("#/rooms")
        card = operator.page.get_by_role("listitem").filter(
            has=operator.page.get_by_role("heading", name=room)
        )
        await expect(card).to_contain_text("1 participant")
        await card.get_by_role("button", name="Add an agent…").click()
        dialog = operator.page.get_by_role("dialog")
        await dialog.get_by_label("Role").select_option("billing")
        await dialog.get_by_role("button", name="Add agent").click()
        await caller.hears(since_ms=0, limit_s=LIMIT_S)

        await operator.opens_call(room)
        await expect(operator.holder).to_have_text("held by billing")
        await operator.press("End agent's part…")
        await dialog.get_by_role("button", name="End the agent's part").click()
        await expect(operator.page.locator(".call-head")).to_contain_text("over: an operator ended it")
        await operator.go("#/rooms")
        await expect(card).to_contain_text("1 participant")
        await expect(card).to_contain_text("caller")
