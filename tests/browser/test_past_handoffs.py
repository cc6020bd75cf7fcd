"""Past handoffs: filtered, in pages, one with its attempts and events, and exported."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.browser.console import Service, console
from tests.browser.paper import COMPLETED_HANDOFF, HANDOFFS, OVER

pytestmark = pytest.mark.asyncio(loop_scope="session")

PAGE = 25


async def test_handoffs_are_filtered_paged_and_exported(
    browser: Browser, paper: Service, tmp_path: Path
) -> None:
    async with console(browser, paper, paper.viewer) as reader:
        await reader.go(f"#/handoffs?call={OVER}")
        rows = reader.page.locator("tbody tr")
        await expect(rows).to_have_count(PAGE)
        await reader.page.get_by_role("link", name="Older").click()
        await expect(rows).to_have_count(HANDOFFS - PAGE)
        await reader.page.go_back()
        await expect(rows).to_have_count(PAGE)

        await reader.page.get_by_label("Ended, by outcome").select_option("completed")
        await expect(rows).to_have_count(1)
        await expect(rows).to_contain_text("160 ms")
        async with reader.page.expect_download() as begun:
            await reader.page.get_by_role("link", name="Export CSV").click()
        file = tmp_path / "handoffs.csv"
        await (await begun.value).save_as(file)
        with file.open(newline="", encoding="utf-8") as written:
            (row,) = csv.DictReader(written)
        assert row["id"] == COMPLETED_HANDOFF

        await rows.get_by_role("link").click()
        attempts = reader.page.get_by_role("region", name="Attempts").locator("tbody tr")
        await expect(attempts).to_have_count(1)
        await expect(attempts).to_contain_text("completed")
        events = reader.page.get_by_role("region", name="Events").locator("tbody tr")
        assert await events.count() >= 8
        await reader.page.get_by_label("Details").get_by_role("link").click()
        await expect(reader.page.locator("h1")).to_have_text("Call of a caller who left")
