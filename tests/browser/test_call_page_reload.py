"""A caller reloads the call page: the call continues, unless it is over. Browser and agents are real.

The caller has a microphone, a silent one: livekit-server reports immediately that such a caller has left, but
up to 3 s late for a caller who sends nothing.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from local.caller.browser_microphone import write_microphone
from local.chromium import chromium
from local.stack import Stack
from persistence.records import Call, CallEnd
from tests.browser.console import Service
from tests.browser.test_call_page import CHARGED_TWICE, Visitor, _act, _call_and_turns, at_call_page
from tests.support.conversation import until
from tests.support.driving import process_of

pytestmark = pytest.mark.asyncio(loop_scope="session")

TALKING = "You are talking with the front desk."
READY = "We answer right away. Your browser will ask for the microphone."
ON_HOLD = "On hold, with music. We are still with you."
GREETING = "Hello."
WELCOME_BACK = "There you are again. Please go on."
FREE_WITHIN_S = (
    4.0  # sooner than BATON_DEPARTURE_S; tests/life measures it without a browser on the same cores
)

# Chromium's own rule depends on what it knows about a site, and playwright's commands count as gestures. This
# rule is the strictest: no sound before a click.
MUTE_UNTIL_CLICKED = """
const play = HTMLMediaElement.prototype.play;
let mayPlay = sessionStorage.getItem("strict") === null;
addEventListener("click", () => (mayPlay = true), true);
HTMLMediaElement.prototype.play = function () {
  return mayPlay ? play.call(this) : Promise.reject(new DOMException("no gesture", "NotAllowedError"));
};
"""


@pytest.mark.usefixtures("browser")
async def test_a_call_goes_on_after_a_reload_but_not_in_a_copy_nor_when_it_is_over_nor_when_the_tab_is_closed(
    desk: Service, stack: Stack, tmp_path: Path
) -> None:
    microphone = tmp_path / "silent.wav"
    await asyncio.to_thread(write_microphone, microphone, [])
    async with chromium(microphone) as telephone, at_call_page(telephone, desk) as visitor:
        page = visitor.page
        assert isinstance(page, Page)
        await page.add_init_script(MUTE_UNTIL_CLICKED)
        await visitor.press("Call")
        await visitor.reads("The front desk", GREETING)
        call = await _call(desk)
        await _copy_is_no_call(page)

        await page.evaluate("sessionStorage.setItem('strict', 'yes')")
        await page.reload()
        await expect(page.get_by_role("alert")).to_contain_text("Your call goes on.")
        await visitor.press("Go on with the call")
        await expect(page.get_by_role("alert")).to_be_hidden()
        await page.evaluate("sessionStorage.removeItem('strict')")
        await visitor.reads("The front desk", WELCOME_BACK)

        await page.goto("about:blank")
        await page.go_back()
        await expect(visitor.state).to_have_text(TALKING)

        await _act(desk, call, "hold")
        await expect(visitor.state).to_have_text(ON_HOLD)
        await page.reload()
        await page.reload()  # in the middle of coming back
        await expect(visitor.state).to_have_text(ON_HOLD)
        await _act(desk, call, "resume")
        await expect(visitor.state).to_have_text(TALKING)
        now = await _call(desk)
        assert (now.id, now.ended_at) == (call.id, None)

        await visitor.press("Hang up")
        await page.reload()
        await expect(visitor.state).to_have_text(READY)
        await page.evaluate("sessionStorage.setItem('baton.interrupted', 'of a call that is over')")
        async with page.expect_response("**/call/tokens"):
            await page.reload()
        await expect(page.get_by_role("button", name="Call", exact=True)).to_be_focused()
        await expect(visitor.state).to_have_text(READY)
        await expect(page.get_by_role("alert")).to_be_hidden()

        await visitor.press("Call")
        await visitor.reads("The front desk", GREETING)
        await visitor.types(CHARGED_TWICE)
        await expect(visitor.state).to_contain_text("You are being put through to the billing desk")
        await page.reload()
        await expect(visitor.state).to_have_text("You are talking with the billing desk.")
        process = await process_of(stack, (await _call(desk)).holder_job)
        await page.close()
        await until(lambda: _is_gone(process), "a free process", limit_s=FREE_WITHIN_S)
        assert (await _call(desk)).ended_how is CallEnd.CALLER_LEFT


async def _copy_is_no_call(page: Page) -> None:
    """Check that a copied tab, which has a copy of the storage, has no call."""
    async with page.expect_popup() as opened:
        await page.evaluate("window.open(location.href)")
    copy = await opened.value
    await expect(Visitor(copy).state).to_have_text(READY)
    await copy.close()


async def _call(service: Service) -> Call:
    call, _ = await _call_and_turns(service)
    return call


async def _is_gone(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    return False
