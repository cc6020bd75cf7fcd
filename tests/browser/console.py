"""The console as its readers use it: sign in, open pages, press buttons, read what is there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Literal

from playwright.async_api import Browser, Locator, Page, expect

from clock import SystemClock
from operators.auth.access import add_operator
from persistence.access import ACTS, WATCHES
from persistence.engines import open_store

DESKTOP, PHONE = (1280, 900), (360, 740)
_NO_PROBLEM = (
    # A browser reports every answer that is not 2xx, and every refused connection.
    "Failed to load resource",
    "ERR_",
    # A server that ends a call says so on one connection and closes another. If the close comes first,
    # livekit-client 2.23 reports an error, but still tells the page that the call is over.
    ": User-Initiated Abort",
    "' closed unexpectedly",
    # It also reports an error when a track was withdrawn within 100 ms, as by an agent that is declined
    # immediately. If a voice is really lost, the tests that listen for it fail.
    "could not find published track",
)
_STATES_SEEN = """() => {
  window.statesSeen = [];
  const look = () => {
    const state = document.querySelector(".handoff .badge")?.textContent;
    if (state && window.statesSeen.at(-1) !== state) window.statesSeen.push(state);
  };
  const all = { subtree: true, childList: true, characterData: true };
  new MutationObserver(look).observe(document.querySelector("main"), all);
}"""


@dataclass(frozen=True, slots=True)
class Service:
    """A service's address, and its users' tokens."""

    address: str  # with a slash at its end
    store: str
    operator: str
    second: str
    viewer: str


async def service_of(first_link: str, store_url: str) -> Service:
    """Add users to a service. `first_link` is the link with a token that its first start wrote."""
    address, _, token = first_link.partition("#token=")
    async with open_store(store_url) as store:
        clock = SystemClock()
        second = await add_operator(store, "Ann", ACTS, clock)
        viewer = await add_operator(store, "Vic", WATCHES, clock)
    return Service(address, store_url, token, second, viewer)


class Console:
    """One reader's page. `problems` are its scripts' errors, and what its security policy refused."""

    def __init__(self, page: Page, service: Service) -> None:
        self.page = page
        self.service = service
        self.problems: list[str] = []
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("console", lambda said: self._heard(said.type, said.text))

    def _heard(self, kind: str, text: str) -> None:
        if kind == "error" and not any(told in text for told in _NO_PROBLEM):
            self.problems.append(text)

    async def sign_in(self, token: str) -> None:
        await self.page.goto(f"{self.service.address}#token={token}")
        await expect(self.page.locator("#who")).to_contain_text("Sign out")
        await expect(self.page.locator("#connection")).to_have_text("Live")

    async def go(self, hash: str) -> None:
        await self.page.evaluate("hash => { location.hash = hash }", hash)
        await expect(self.page.locator("main h1")).to_be_visible()

    async def opens_call(self, room: str) -> None:
        """Open a call from the list of calls, where it appears by itself."""
        await self.go("#/calls")
        await self.page.get_by_role("row").filter(has_text=room).get_by_role("link").click()
        await expect(self.page.get_by_role("log")).to_be_visible()

    # --- what can be done

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name)

    async def press(self, name: str) -> None:
        await self.button(name).click()

    async def reason_of(self, button: Locator) -> str:
        """Return a button's description, as a screen reader reads it."""
        ids = (await button.get_attribute("aria-describedby") or "").split()
        return " ".join([await self.page.locator(f"#{one}").inner_text() for one in ids])

    async def hands_over(self, target: str, reason: str, *, approval: bool = False, note: str = "") -> None:
        await self.press("Hand over…")
        dialog = self.page.get_by_role("dialog")
        await dialog.get_by_label("To", exact=True).select_option(target)
        await dialog.get_by_label("Reason").fill(reason)
        await dialog.get_by_label("A note for the target").fill(note)
        if approval:
            await dialog.get_by_label("it waits for an operator's approval").check()
        await dialog.get_by_role("button", name="Hand over").click()
        await expect(dialog).to_have_count(0)

    async def sends(self, way: Literal["Say", "Ask", "Note"], words: str) -> None:
        await self.page.get_by_label("Words for the agent").fill(words)
        await self.page.get_by_role("button", name=way, exact=True).click()
        await expect(self.page.get_by_label("Words for the agent")).to_have_value("")

    # --- what is there to read

    async def watch_states(self) -> None:
        """Record every state that the handoff's card shows from now on."""
        await self.page.evaluate(_STATES_SEEN)

    async def states_seen(self) -> Sequence[str]:
        seen: Sequence[str] = await self.page.evaluate("() => window.statesSeen")
        return seen

    @property
    def handoff_state(self) -> Locator:
        return self.page.locator(".handoff .badge")

    @property
    def holder(self) -> Locator:
        return self.page.locator(".held-by")

    def said(self, words: str) -> Locator:
        return self.page.get_by_role("log").get_by_text(words)

    async def turns(self) -> Sequence[str]:
        """Return the words of the transcript's turns, in order."""
        return await self.page.locator(".turn .words").all_inner_texts()


@asynccontextmanager
async def console(
    browser: Browser,
    service: Service,
    token: str | None = None,
    *,
    size: tuple[int, int] = DESKTOP,
    scheme: Literal["light", "dark"] = "light",
) -> AsyncIterator[Console]:
    """A reader of their own, signed in with `token` if given. Checks at the end that nothing went wrong."""
    width, height = size
    context = await browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, locale="en-GB"
    )
    async with asyncio.timeout(180):
        try:
            reader = Console(await context.new_page(), service)
            if token is not None:
                await reader.sign_in(token)
            yield reader
            assert not reader.problems, reader.problems
        finally:
            await context.close()
