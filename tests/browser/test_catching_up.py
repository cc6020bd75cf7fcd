"""A page shows what moves, and catches up with what moved while it was not looking."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, Page, expect

from clock import SystemClock
from persistence.records import CALLER, Call, CallEnd, CallId, JobId, RoleName, WorkerId
from tests.browser.console import Service, console
from tests.browser.paper import WAITING, store_of

pytestmark = pytest.mark.asyncio(loop_scope="session")

_SEEN = """hidden => {
  Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


async def test_a_page_that_nobody_sees_gives_its_connection_back_and_then_has_missed_nothing(
    browser: Browser, paper: Service
) -> None:
    async with console(browser, paper, paper.viewer) as reader, store_of(paper) as store:
        await reader.go(f"#/calls/{WAITING}")
        await expect(reader.page.locator(".step.now")).to_be_visible()
        await _hide(reader.page, hidden=True)
        await expect(reader.page.locator("#connection")).to_have_text("")
        now = SystemClock().now_ms()
        await store.append_turn(WAITING, CALLER, "Is anybody there?", started_at=now - 900, ended_at=now)
        await _hide(reader.page, hidden=False)
        await expect(reader.page.locator("#connection")).to_have_text("Live")
        await expect(reader.said("Is anybody there?")).to_be_visible()
        await store.append_turn(WAITING, CALLER, "Hello?", started_at=now + 900, ended_at=now + 1500)
        await expect(reader.said("Hello?")).to_be_visible()


async def test_calls_come_and_go_on_the_list_by_themselves(browser: Browser, paper: Service) -> None:
    async with console(browser, paper, paper.viewer) as reader, store_of(paper) as store:
        await reader.go("#/calls")
        row = reader.page.get_by_role("row").filter(has_text="room-coming-and-going")
        await expect(reader.page.get_by_role("row").filter(has_text="needs approval")).to_have_count(1)
        call, job, now = CallId("coming-and-going"), JobId("job-that-goes"), SystemClock().now_ms()
        await store.open_call(
            Call(
                call,
                "room-coming-and-going",
                "somebody",
                RoleName("billing"),
                job,
                WorkerId("worker"),
                now - 65_000,
            )
        )
        await expect(row).to_contain_text("talking")
        await expect(row).to_contain_text("1:05")
        await expect(row).to_contain_text("1:06")
        await store.end_call(call, CallEnd.GOODBYE, job=job, at=now)
        await expect(row).to_have_count(0)
        await reader.go("#/calls?state=over")
        await expect(row).to_contain_text("they said goodbye")


async def _hide(page: Page, *, hidden: bool) -> None:
    await page.evaluate(_SEEN, hidden)
