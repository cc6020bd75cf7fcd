"""Rooms as LiveKit lists them: an agent is put into one; its caller is put on hold, resumed, told goodbye."""

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


async def test_an_agent_is_put_into_a_room_where_somebody_waits_holds_and_ends_the_call(
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
        await operator.press("Put on hold")
        head = operator.page.locator(".call-head")
        await expect(head).to_contain_text("on hold 0:")
        assert await operator.reason_of(operator.button("Ask")) is not None
        await operator.go("#/calls")
        first = operator.page.get_by_role("row").nth(1)
        await expect(first).to_contain_text(room)
        await expect(first).to_contain_text("needs somebody")
        await operator.opens_call(room)
        await operator.press("Resume")
        await expect(head.get_by_text("on hold 0:")).to_have_count(0)
        await operator.press("End call…")
        await dialog.get_by_role("button", name="End the call").click()
        await expect(head).to_contain_text("over: an operator ended it")
        await caller.is_hung_up_on(limit_s=LIMIT_S)
