"""Two people at two browsers: one calls, the other watches and acts. Everything between them is real."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from local.caller.browser_microphone import write_microphone
from local.chromium import chromium
from local.stack import Stack
from persistence.engines import open_store
from persistence.records import CallId
from tests.browser.console import Console, Service, console
from tests.browser.hearing import hears, listen
from tests.support.conversation import until
from tests.support.said import likeliest
from transfer.protocol import agent_identity

pytestmark = pytest.mark.asyncio(loop_scope="session")

LINE = "hello can you help me please"
GREETED_S = 7.0  # by then the greeting is over


async def test_a_call_is_seen_read_and_handed_over_and_the_caller_hears_the_second_agent(
    stack: Stack, browser: Browser, desk: Service, tmp_path: Path
) -> None:
    microphone = tmp_path / "caller.wav"
    await asyncio.to_thread(write_microphone, microphone, [(GREETED_S, LINE)])
    async with (
        console(browser, desk, desk.operator) as operator,
        chromium(microphone) as telephone,
        console(telephone, desk) as caller,
    ):
        await operator.go("#/calls")
        room = await _calls(caller)
        await operator.page.get_by_role("row").filter(has_text=room).get_by_role("link").click()

        await _reads_along(operator)
        await operator.watch_states()
        await operator.hands_over("billing", "you were charged twice", note="They are in a hurry.")
        await expect(operator.holder).to_have_text("held by billing")
        await expect(operator.handoff_state).to_have_text("completed")
        seen = await operator.states_seen()
        assert seen[-2:] == ["accepted", "completed"]
        assert await _steps(operator.page) == ["reached"] * 5

        state = caller.page.locator(".phone-state")
        await expect(state).to_have_text("You are talking with the billing desk")
        await hears(caller.page, await _holder(stack, room))

        await operator.sends("Say", "The money is on its way.")
        await expect(
            operator.page.locator(".turn .words").filter(has_text="The money is on its way.")
        ).to_have_count(1)
        await expect(operator.page.locator(".mark.request")).to_contain_text("(done)")

        await caller.press("Mute")
        await expect(caller.button("Unmute")).to_have_attribute("aria-pressed", "true")
        await operator.press("End call…")
        await operator.page.get_by_role("dialog").get_by_role("button", name="End the call").click()
        await expect(state).to_have_text("The call is over")
        await expect(operator.page.locator(".call-head")).to_contain_text("over: an operator ended it")
        await expect(operator.button("Hand over…")).to_have_count(0)


async def _calls(caller: Console) -> str:
    """Calls from the page, and returns the room."""
    await caller.page.goto(f"{caller.service.address}caller#token={caller.service.second}")
    room = await caller.page.get_by_label("Room").input_value()
    assert "token" not in caller.page.url
    await listen(caller.page)
    await caller.press("Call")
    await expect(caller.page.locator(".phone-state")).to_contain_text("You are talking with the front desk")
    return room


async def _reads_along(operator: Console) -> None:
    await expect(operator.said("Hello.")).to_be_visible()
    await expect(operator.said("Of course. What is it about?")).to_be_visible()
    _, heard, _ = await operator.turns()
    assert likeliest(heard, LINE) == LINE
    bars = operator.page.locator(".lanes .said")
    await expect(bars).to_have_count(3)
    await expect(operator.holder).to_have_text("held by front-desk")


async def _steps(page: Page) -> list[str]:
    shown = page.locator(".step:visible .unseen")
    return await shown.all_text_contents()


async def _holder(stack: Stack, room: str) -> str:
    """Returns the identity of the agent that holds the room's call."""
    async with open_store(stack.store, read_only=True) as store:

        async def look() -> CallId | None:
            return next((call.id for call in await store.calls() if call.room == room), None)

        call = await store.call(await until(look, "the call's row"))
        assert call is not None
        return agent_identity(call.holder_job)
