"""Another operator, who watches: by the event stream alone, or by the console's page in Chromium."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import httpx
from playwright.async_api import Page

from local.chromium import chromium

_LIMIT_S = 10.0

_WATCH = """() => {
  window.firstSeen = {};
  const look = () => requestAnimationFrame(() => {
    for (const { textContent } of document.querySelectorAll(".mark.request .words")) {
      const quoted = textContent.match(/“(.*)”/)?.[1];
      if (quoted) window.firstSeen[quoted] ??= Date.now();
    }
  });
  const all = { subtree: true, childList: true, characterData: true };
  new MutationObserver(look).observe(document.querySelector("main"), all);
}"""
"""Records when the words of each note were first painted."""


class Stream:
    """The arrival of each row's first event, by the row's id, in seconds of the monotonic clock."""

    def __init__(self) -> None:
        self._came: dict[str, float] = {}
        self._news = asyncio.Condition()

    async def came(self, subject: str) -> float:
        """Wait for the row's first event. Returns when it arrived. Raises: TimeoutError."""
        async with asyncio.timeout(_LIMIT_S), self._news:
            await self._news.wait_for(lambda: subject in self._came)
        return self._came[subject]

    async def read(self, lines: AsyncIterator[str]) -> None:
        async for line in lines:
            if line.startswith("data: "):
                now = time.monotonic()
                self._came.setdefault(json.loads(line.removeprefix("data: "))["subject"], now)
                async with self._news:
                    self._news.notify_all()


@asynccontextmanager
async def stream(address: str, token: str) -> AsyncIterator[Stream]:
    """Follow all events from now on, until the block is left."""
    headers = {"Authorization": f"Bearer {token}"}
    followed = Stream()
    async with (
        httpx.AsyncClient(
            base_url=address, headers=headers, timeout=httpx.Timeout(_LIMIT_S, read=None)
        ) as http,
        http.stream("GET", "/events") as answer,
    ):
        answer.raise_for_status()
        reading = asyncio.create_task(followed.read(answer.aiter_lines()))
        try:
            yield followed
        finally:
            reading.cancel()
            with suppress(asyncio.CancelledError):
                await reading


class Onlooker:
    """A page that shows one call."""

    def __init__(self, page: Page) -> None:
        self._page = page

    async def painted(self, words: str) -> float:
        """Return when a note's words were first visible, in ms UTC. Raises: playwright's TimeoutError."""
        script = "words => window.firstSeen[words]"
        found = await self._page.wait_for_function(script, arg=words, timeout=_LIMIT_S * 1000)
        return float(await found.json_value())


@asynccontextmanager
async def onlooker(address: str, token: str, call: str) -> AsyncIterator[Onlooker]:
    """Sign in at the console and open this call's page. Raises: SetupFailed."""
    async with chromium() as browser:
        page = await browser.new_page()
        await page.goto(f"{address}#token={token}")
        await page.get_by_text("Sign out").wait_for()
        await page.evaluate("hash => { location.hash = hash }", f"#/calls/{call}")
        await page.get_by_role("log").wait_for()
        await page.evaluate(_WATCH)
        yield Onlooker(page)
