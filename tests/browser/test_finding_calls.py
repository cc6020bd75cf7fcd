"""Finding calls by search and date, kept in the address; pages keep their place; call backs are marked."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from playwright.async_api import Browser, expect

from clock import SystemClock
from persistence.contract.store import Store
from persistence.records import Call, CallEnd, CallId, JobId, RoleName, WorkerId
from tests.browser.console import Service, console
from tests.browser.paper import CUT_OFF, NAME, store_of

pytestmark = pytest.mark.asyncio(loop_scope="session")

MANY = 55
PAGE = 50
LONG_AGO = int(datetime(2024, 2, 29, 12, 0, tzinfo=UTC).timestamp() * 1000)
JOB = JobId("long-ago")


async def many_calls_long_ago(store: Store) -> None:
    for number in range(MANY):
        await call_long_ago(store, f"regular-{number}", LONG_AGO + number * 1000)


async def call_long_ago(store: Store, name: str, at: int) -> None:
    call = Call(CallId(name), f"room-{name}", name, RoleName("billing"), JOB, WorkerId("w"), at)
    await store.open_call(replace(call, caller_name=f"Regular {name}"))
    await store.end_call(call.id, CallEnd.GOODBYE, job=JOB, at=at + 500)


async def test_a_search_is_in_the_address_and_back_and_a_shared_link_lead_to_it(
    browser: Browser, paper: Service
) -> None:
    async with console(browser, paper, paper.viewer) as viewer:
        page, rows = viewer.page, viewer.page.locator("tbody tr")
        await viewer.go("#/calls?state=over")
        await expect(rows.first).to_be_visible()
        await page.keyboard.press("Control+k")
        await expect(page.get_by_label("Search")).to_be_focused()
        await page.keyboard.type("0170 12")
        await expect(rows).to_have_count(1)
        await expect(rows).to_contain_text(NAME)
        await expect(page.get_by_label("Search")).to_be_focused()
        assert page.url.endswith("#/calls?state=over&search=0170+12")
        await page.get_by_label("How it ended").select_option("goodbye")
        await expect(page.get_by_text("Nothing matches these filters")).to_be_visible()
        await page.go_back()
        await expect(rows).to_have_count(1)
        await rows.get_by_role("link").click()
        await expect(page.locator("h1")).to_have_text(f"Call of {NAME}")
        await page.go_back()
        await expect(rows).to_have_count(1)
        await expect(page.get_by_label("Search")).to_have_value("0170 12")
        shared = page.url
        await page.get_by_role("button", name="Clear filters").click()
        await expect(page.get_by_label("Search")).to_be_focused()
        await expect(page.get_by_label("Search")).to_have_value("")
        await page.goto("about:blank")
        await page.goto(shared)
        await expect(rows).to_have_count(1)
        await expect(page.get_by_text("Times are local: ")).to_be_visible()


async def test_dates_choose_calls_and_a_page_keeps_its_place_while_calls_come(
    browser: Browser, paper: Service
) -> None:
    async with (
        store_of(paper) as store,
        console(browser, paper, paper.viewer) as viewer,
    ):
        await many_calls_long_ago(store)
        page, rows = viewer.page, viewer.page.locator("tbody tr")
        await viewer.go("#/calls?state=over")
        await page.get_by_label("When").select_option("pick")
        await page.get_by_label("From").fill("2024-02-01T00:00")
        await page.get_by_label("Until").fill("2024-03-31T00:00")
        await expect(rows).to_have_count(MANY if MANY < PAGE else PAGE)
        assert "since=2024-0" in page.url
        await page.get_by_role("link", name="Older").click()
        await expect(rows).to_have_count(MANY - PAGE)
        first = await rows.first.inner_text()
        await call_long_ago(store, "newcomer", LONG_AGO + 3_600_000)
        await call_long_ago(store, "latecomer", LONG_AGO - 3_600_000)
        await expect(rows).to_have_count(MANY - PAGE + 1)
        assert await rows.first.inner_text() == first
        await page.get_by_role("link", name="Newest").click()
        await expect(rows.first).to_contain_text("newcomer")
        await viewer.go("#/calls?state=over&when=today&search=regular")
        await expect(page.get_by_text("Nothing matches these filters")).to_be_visible()


async def test_whom_to_call_back_is_counted_listed_and_marked_for_everybody(
    browser: Browser, paper: Service
) -> None:
    async with (
        store_of(paper) as store,
        console(browser, paper, paper.second) as ann,
        console(browser, paper, paper.viewer) as viewer,
    ):
        await viewer.go("#/calls?state=call_back")
        rows = viewer.page.locator("tbody tr")
        await expect(rows).to_have_count(1)
        at, call = SystemClock().now_ms(), CallId("promised")
        await store.open_call(
            Call(call, "room-promised", "mia", RoleName("billing"), JOB, WorkerId("w"), at - 1000)
        )
        await store.end_call(call, CallEnd.CALL_BACK, job=JOB, at=at)
        await expect(rows).to_have_count(2)
        await expect(rows.first).to_contain_text("a call back was promised")
        await expect(viewer.page.get_by_role("link", name="Call back 2 waiting")).to_be_visible()
        await expect(viewer.page.locator("link[rel=icon]")).to_have_attribute(
            "href", "/static/icon-waiting.svg"
        )

        await viewer.go(f"#/calls/{call}")
        mark = viewer.button("Mark as called back…")
        await expect(mark).to_be_disabled()
        assert "may watch, but not act" in await viewer.reason_of(mark)
        await expect(viewer.page.get_by_text("No telephone number is known.")).to_be_visible()

        await ann.go(f"#/calls/{CUT_OFF}")
        box = ann.page.get_by_role("region", name="Call back")
        await expect(box).to_contain_text("They hung up while they waited for billing.")
        assert await box.get_by_role("link").get_attribute("href") == "tel:+491701234567"
        await ann.go(f"#/calls/{call}")
        await ann.press("Mark as called back…")
        await ann.page.get_by_role("dialog").get_by_role("button", name="Mark as called back").click()
        await expect(box).to_contain_text("Ann called back: ")
        await expect(viewer.page.get_by_role("region", name="Call back")).to_contain_text("Ann called back: ")
        await ann.go("#/calls?state=call_back")
        await expect(ann.page.locator("tbody tr")).to_have_count(1)
        await ann.go("#/calls?state=over&search=mia")
        await expect(ann.page.locator("tbody tr")).to_contain_text("called back by Ann")
