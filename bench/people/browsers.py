"""People at desks in Chromium, with microphones of their own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from playwright.async_api import Page
from playwright.async_api import TimeoutError as PlaywrightTimeout

from bench.people.accepting import Accepted, another, last_of
from bench.people.figures import first_sound_ms
from bench.people.office import Office, says
from bench.support.environment import NotMeasured
from local.caller.browser_microphone import write_microphone
from local.chromium import chromium

_ASKS = "I would like to speak with a real person"
_HELPS = "good morning how can I help you today"
_LINES, _PAUSE_S = 60, 0.05  # with hardly a pause, for as long as a round lasts
_LIMIT_MS, _READS_S, _SEES_MS = 30_000, 2.5, 3_000


@asynccontextmanager
async def desk_page(folder: Path, address: str, token: str) -> AsyncIterator[Page]:
    """Put a person at a desk in a browser of their own, available, with a microphone that always speaks.

    Raises: SetupFailed, NotMeasured.
    """
    microphone = folder / "person.wav"
    if not microphone.is_file():
        await asyncio.to_thread(write_microphone, microphone, [(_PAUSE_S, _HELPS)] * _LINES)
    async with chromium(microphone) as browser:
        page = await (await browser.new_context(permissions=["microphone", "notifications"])).new_page()
        page.set_default_timeout(_LIMIT_MS)
        try:
            await page.goto(f"{address}desk.html")
            await page.get_by_label("Token").fill(token)
            await page.keyboard.press("Enter")
            for name in ("Test the microphone", "Use this microphone", "Be available"):
                await page.get_by_role("button", name=name).click()
            await page.get_by_text("You are available").wait_for()
        except PlaywrightTimeout as error:
            raise NotMeasured(f"the desk's page did not get so far: {await _seen(page, error)}") from error
        yield page
        with suppress(PlaywrightTimeout):
            await page.get_by_role("button", name="Be away").click(timeout=_SEES_MS)


async def page_takes(office: Office, page: Page) -> Accepted:
    """As `person_takes`, by clicks on the desk's page. Raises: NotMeasured."""
    try:
        async with office.caller() as (caller, _, _):
            (holder,) = caller.speakers()
            await says(caller, _ASKS)
            await page.get_by_role("button", name="Accept").click()
            put_through = page.get_by_role("button", name="Put them through")
            await put_through.wait_for()
            await asyncio.sleep(_READS_S)
            clicked_ms = caller.now_ms
            await put_through.click()
            person = await another(caller, holder)
            await page.get_by_role("button", name="Hang up").click()
            heard = first_sound_ms(caller.sounds(person), since_ms=clicked_ms)
            if heard is None:
                raise NotMeasured("the person was not heard")
            return Accepted(heard - clicked_ms, heard - last_of(caller, holder, heard))
    except PlaywrightTimeout as error:
        raise NotMeasured(await _seen(page, error)) from error


async def pages_accept(office: Office, pages: tuple[Page, Page]) -> int:
    """Let two people click "Accept" at once. Returns how many have the caller; the other sees a message.

    Raises: NotMeasured.
    """
    try:
        async with office.caller() as (caller, _, _):
            await says(caller, _ASKS)
            buttons = [page.get_by_role("button", name="Accept") for page in pages]
            await asyncio.gather(*(button.wait_for() for button in buttons))
            await asyncio.gather(*(button.click() for button in buttons), return_exceptions=True)
            mine = [page.get_by_role("button", name="Not now") for page in pages]
            await asyncio.sleep(_SEES_MS / 1000)
            have = [button for button in mine if await button.is_visible()]
            for button in have:
                await button.click()
            return len(have)
    except PlaywrightTimeout as error:
        raise NotMeasured(await _seen(pages[0], error)) from error


async def _seen(page: Page, error: PlaywrightTimeout) -> str:
    """Describe what was waited for, and what the page shows."""
    body = await page.inner_text("body")
    return f"{' '.join(error.message.split())[:200]}; it shows: {' '.join(body.split())[:200]}"
