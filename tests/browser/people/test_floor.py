"""The floor: who waits and where the people are, live; and a day's figures, chosen by keyboard."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from clock import SystemClock
from persistence.people import EntryId, EntryState, Person, PresenceState
from tests.browser.console import PHONE, Service, console
from tests.browser.paper import CARE, MIA, WAITING, store_of, wait_for_person

pytestmark = pytest.mark.asyncio(loop_scope="session")

YUKI = Person("Yuki")


async def test_the_floor_shows_who_waits_as_it_happens_and_the_figures_of_a_chosen_day(
    browser: Browser, paper: Service, tmp_path: Path
) -> None:
    clock = SystemClock()
    async with console(browser, paper, paper.viewer, size=PHONE) as viewer, store_of(paper) as store:
        page = viewer.page
        await viewer.go("#/floor")
        queue = page.get_by_role("table", name="Who waits, in order").locator("tbody tr")
        people = page.get_by_role("table", name="Where the people are").locator("tbody tr")
        now = page.get_by_role("region", name="Now")
        await expect(queue).to_have_count(1)
        await expect(people.filter(has_text=MIA)).to_contain_text("available")

        entry = await wait_for_person(store, WAITING, YUKI, clock.now_ms())
        await expect(queue).to_have_count(2)
        await expect(queue.last).to_contain_text("nobody is there")
        await expect(now).to_contain_text("Waiting2")
        await store.set_presence(
            MIA, PresenceState.AWAY, reason="lunch", lease_s=86_400, by=MIA, at=clock.now_ms()
        )
        await expect(people.filter(has_text=MIA)).to_contain_text("away lunch")
        await store.leave_queue(entry.id, EntryState.ABANDONED, by="caller", at=clock.now_ms())
        await expect(queue).to_have_count(1)

        talked = await store.entry(EntryId(f"for {MIA}"))
        assert talked is not None
        day = datetime.fromtimestamp(talked.entered_at / 1000, UTC).date()
        field = page.get_by_label("Day", exact=True)
        await field.focus()
        await page.keyboard.type(f"{day:%m%d%Y}")
        await expect(page).to_have_url(f"{paper.address}#/floor?day={day}")
        figures = page.get_by_role("region", name="People on this day")
        mias = figures.get_by_role("row").filter(has_text=MIA)
        await expect(mias.locator("[data-column=Talking]")).to_have_text("0:30")
        await expect(field).to_be_focused()
        async with page.expect_download() as begun:
            await page.get_by_role("link", name="Export CSV").click()
        file = tmp_path / "queue.csv"
        await (await begun.value).save_as(file)
        with file.open(newline="", encoding="utf-8") as written:
            rows = [row for row in csv.DictReader(written) if row["person"] == MIA]
        assert [(row["day"], row["role"], row["talk_s"]) for row in rows] == [(str(day), CARE, "30.0")]

        await viewer.go(f"#/floor?day={day - timedelta(days=400)}")
        await expect(page.get_by_text("Nobody wanted a person on this day.")).to_be_visible()
