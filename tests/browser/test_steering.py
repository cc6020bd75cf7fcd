"""An operator steers a real call's handoffs: approves, cancels, redirects, takes back. Another watches."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, expect

from local.stack import Stack
from persistence.records import HandoffState
from tests.browser.console import Console, Service, console
from tests.support.conversation import conversation

pytestmark = pytest.mark.asyncio(loop_scope="session")

WAITS = "Waiting for an operator's approval."


async def test_a_handoff_waits_for_approval_outlives_a_reload_and_the_call_is_taken_back(
    stack: Stack, browser: Browser, desk: Service
) -> None:
    async with (
        conversation(stack) as talk,
        console(browser, desk, desk.operator) as operator,
        console(browser, desk, desk.second) as other,
    ):
        await talk.is_greeted()
        await operator.opens_call(talk.room)
        await other.opens_call(talk.room)
        await operator.hands_over("billing", "you were charged twice", approval=True)
        await _waits(operator)
        await _waits(other)
        assert "nobody else speaks to the caller" in await operator.reason_of(operator.button("Say"))

        await operator.page.get_by_label("Words for the agent").fill("A draft.")
        await operator.page.reload()
        await _waits(operator)
        assert await operator.page.get_by_label("Words for the agent").input_value() == "A draft."

        await other.button("Approve").focus()
        await other.page.keyboard.press("Enter")
        await expect(operator.page.locator(".remarks")).to_contain_text("Approved by Ann.")
        await expect(operator.holder).to_have_text("held by billing")
        await expect(other.holder).to_have_text("held by billing")
        await talk.meets_another()

        await operator.press("Take back…")
        dialog = operator.page.get_by_role("dialog")
        await expect(dialog.get_by_label("To", exact=True)).to_have_value("front-desk")
        await dialog.get_by_role("button", name="Take back").click()
        await expect(other.holder).to_have_text("held by front-desk")
        await talk.meets_another(hears_out=False)
        assert [row.state for row in await talk.handoffs()] == [HandoffState.COMPLETED] * 2


async def test_a_handoff_is_redirected_while_it_waits_and_then_cancelled(
    stack: Stack, browser: Browser, desk: Service
) -> None:
    async with conversation(stack) as talk, console(browser, desk, desk.operator) as operator:
        await talk.is_greeted()
        await operator.opens_call(talk.room)
        await operator.hands_over("billing", "your internet is slow", approval=True)
        await _waits(operator)

        await operator.press("Redirect…")
        dialog = operator.page.get_by_role("dialog")
        await dialog.get_by_label("To", exact=True).select_option("technical")
        await dialog.get_by_role("button", name="Redirect").click()
        await expect(operator.page.locator(".way")).to_have_text(
            "front-desk → technical accepted Attempts and events"
        )
        await _waits(operator)

        await operator.press("Cancel handoff")
        await expect(operator.handoff_state).to_have_text("cancelled")
        await expect(operator.page.locator(".mark.ends")).to_contain_text(
            "The handoff to technical ended: cancelled."
        )
        await expect(operator.holder).to_have_text("held by front-desk")
        assert await operator.reason_of(operator.button("Cancel handoff")) == "No handoff is open."
        await talk.is_told("we will stay together")
        await talk.says("then please tell me your opening hours")
        await talk.is_answered()


async def _waits(reader: Console) -> None:
    await expect(reader.page.locator(".step.now b")).to_have_text("accepted")
    await expect(reader.page.locator(".remarks")).to_contain_text(WAITS)
    await expect(reader.button("Approve")).not_to_have_attribute("aria-disabled", "true")
