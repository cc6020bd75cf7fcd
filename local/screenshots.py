"""`make screenshots`: takes the pictures of console, call page and desk in docs/, of real calls."""

from __future__ import annotations

import asyncio
import shutil
import sys
from contextlib import AsyncExitStack
from pathlib import Path

from playwright.async_api import Browser, FrameLocator, Page, expect
from rich.console import Console

from clock import SystemClock
from local.caller.browser_microphone import write_microphone
from local.caller.caller import Caller
from local.caller.token import caller_token
from local.chromium import check_livekit_client, chromium
from local.dev_roster import ROLE, add_service_team
from local.exit_code import exit_code_of
from local.livekit.server import free_ports
from local.stack import Stack, local_stack
from local.web_page import web_page
from operators.auth.access import add_operator
from persistence.access import Right
from persistence.engines import open_store

_DOCS = Path("docs")
_FOLDER = Path("out/screenshots")
_FIRST, _SECOND = "I was charged twice for my last invoice", "yes that is correct can you refund it"
"""The demo's caller: the first line causes a handoff to billing, which answers the second."""
_PERSON, _ANSWERS, _THANKS = "Mia", "good morning", "thank you very much"
_ASKED = "they were charged twice, and would like to hear from a person when they have it back"
_HAND_OVER = """async ([room, target, reason]) => {
  const { items } = await (await fetch("/calls?state=live")).json();
  const { id } = items.find((call) => call.room === room);
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ target, reason });
  const answer = await fetch(`/calls/${id}/handoffs`, { method: "POST", headers, body });
  if (!answer.ok) throw new Error(await answer.text());
}"""
_LIMIT_MS = 60_000
_SPEECH_LIMIT_S = 60.0
_PAUSE_S = 0.8
_DESKTOP, _PHONE = (1280, 1250), (360, 1050)
_SHOP, _TELEPHONE = (1000, 760), (390, 760)
_DESK, _DESK_IN_A_HAND = (1440, 1380), (390, 1800)
"""Viewports: tall enough for a whole page, and for what a phone shows after some scrolling."""


async def _take(console: Console) -> None:
    check_livekit_client()
    expect.set_options(timeout=_LIMIT_MS)
    async with AsyncExitStack() as stack:
        shutil.rmtree(
            _FOLDER, ignore_errors=True
        )  # so that the first operator and its link are created again
        shop_port = free_ports().http
        running = await stack.enter_async_context(
            local_stack(
                _FOLDER,
                latencies="like-groq",
                stand_in_always=True,
                service=True,
                settings={
                    "BATON_CALL_PAGE_ORIGINS": f"http://127.0.0.1:{shop_port}",
                    "BATON_ROSTER_FOLDER": str(add_service_team(Path("roster"), _FOLDER / "roster")),
                },
                on_step=lambda step: console.print(f"· {step}"),
            )
        )
        address, _, token = running.console.partition("#token=")
        browser = await stack.enter_async_context(chromium())
        desk = await _reader(browser, f"{address}#token={token}", _DESKTOP)
        calling = Caller.join(running.livekit.url, _invited(running, "call-4711"))
        caller = await stack.enter_async_context(calling)
        await _talk(caller)
        await _steer(desk)
        await _shoot(desk, _DOCS / "console.png", console)
        phone = await _reader(browser, address, _PHONE, signed_in=desk)
        await phone.goto(desk.url)
        await expect(phone.locator(".step.now b")).to_have_text("accepted")
        await _shoot(phone, _DOCS / "console-phone.png", console)
        await _visit(address, shop_port, console)
        await _take_at_a_desk(running, address, desk, console)


def _invited(running: Stack, room: str) -> str:
    return caller_token(
        running.livekit.api_key,
        running.livekit.api_secret,
        room=room,
        identity="caller-0815",
        name="Anna Weber",
        attributes={"sip.phoneNumber": "+44 20 7946 0958"},  # a number for films
        agent_name=running.agent_name,
    )


async def _take_at_a_desk(running: Stack, address: str, operator: Page, console: Console) -> None:
    """Have the operator hand a caller of the billing desk to a person, and shoot that person's desk."""
    async with open_store(running.store) as store:
        token = await add_operator(store, _PERSON, frozenset({Right.DESK}), SystemClock())
    voice, room = _FOLDER / "person.wav", "call-4712"
    await asyncio.to_thread(write_microphone, voice, [(3.0, _ANSWERS)] * 60)
    async with (
        chromium(voice) as office,
        Caller.join(running.livekit.url, _invited(running, room)) as caller,
    ):
        page = await _reader(office, f"{address}desk.html#token={token}", _DESK)
        for name in ("Test the microphone", "Use this microphone", "Be available"):
            await page.get_by_role("button", name=name).click()
        await _talk(caller)
        await operator.evaluate(_HAND_OVER, [room, ROLE, _ASKED])
        for name in ("Accept", "Put them through"):
            await page.get_by_role("button", name=name).click()
        await expect(page.locator(".talk .now")).to_have_text("You are talking with the caller")
        await expect(page.get_by_role("log")).to_contain_text("our service team: Good morning")
        await caller.say(_THANKS)
        await expect(page.get_by_role("log")).to_contain_text("Caller: Thank you")
        await _shoot(page, _DOCS / "desk.png", console)
        await page.set_viewport_size({"width": _DESK_IN_A_HAND[0], "height": _DESK_IN_A_HAND[1]})
        await _shoot(page, _DOCS / "desk-phone.png", console)


async def _reader(
    browser: Browser, address: str, size: tuple[int, int], signed_in: Page | None = None
) -> Page:
    state = await signed_in.context.storage_state() if signed_in else None
    context = await browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        device_scale_factor=1.5,
        color_scheme="light",
        locale="en-GB",
        storage_state=state,
    )
    page = await context.new_page()
    await page.goto(address)
    return page


async def _talk(caller: Caller) -> None:
    first = await caller.hears(since_ms=0, limit_s=_SPEECH_LIMIT_S)
    await caller.hears_out(pause_s=_PAUSE_S, limit_s=_SPEECH_LIMIT_S)
    await caller.say(_FIRST)
    second = await caller.hears(other_than={first}, since_ms=0, limit_s=_SPEECH_LIMIT_S)
    await caller.hears_out(pause_s=_PAUSE_S, limit_s=_SPEECH_LIMIT_S)
    said = await caller.say(_SECOND)
    await caller.hears(second, since_ms=said.end_ms, limit_s=_SPEECH_LIMIT_S)
    await caller.hears_out(pause_s=_PAUSE_S, limit_s=_SPEECH_LIMIT_S)


async def _steer(desk: Page) -> None:
    """Bring a call that was handed over once to a second handoff that awaits approval."""
    await desk.locator("tbody .row-link").first.click()
    await expect(desk.locator(".held-by")).to_contain_text("billing")
    await desk.get_by_label("Words for the agent").fill("They have been with us for ten years.")
    await desk.get_by_role("button", name="Note", exact=True).click()
    await expect(desk.locator(".mark.request")).to_contain_text("(done)")
    await desk.get_by_role("button", name="Hand over…").click()
    dialog = desk.get_by_role("dialog")
    await dialog.get_by_label("To", exact=True).select_option("technical")
    await dialog.get_by_label("Reason").fill("your router loses the connection in the evening")
    await dialog.get_by_label("A note for the target").fill("Please look at the line while you have them.")
    await dialog.get_by_label("it waits for an operator's approval").check()
    await dialog.get_by_role("button", name="Hand over").click()
    await expect(desk.locator(".step.now b")).to_have_text("accepted")
    await expect(desk.locator(".turn .words").last).to_contain_text("One moment")


async def _visit(service: str, port: int, console: Console) -> None:
    """Call from the button on a web page, and from a telephone; type, because a busy machine mishears."""
    silence = _FOLDER / "visitor.wav"
    await asyncio.to_thread(write_microphone, silence, [])
    async with web_page(service, port) as address, chromium(silence) as browser:
        shop = await _reader(browser, address, _SHOP)
        await shop.get_by_role("button", name="Talk to us").click()
        await _call(shop.frame_locator("iframe"))
        await _shoot(shop, _DOCS / "call.png", console)
        await shop.close()
        phone = await _reader(browser, f"{service}call", _TELEPHONE)
        await _call(phone)
        await _shoot(phone, _DOCS / "call-phone.png", console)


async def _call(page: Page | FrameLocator) -> None:
    """Call, type a line that leads to the billing desk, and wait until that desk has spoken."""
    captions = page.locator("#captions > div:not([aria-hidden])")
    await page.get_by_role("button", name="Call", exact=True).click()
    await expect(captions).to_have_count(1)
    await page.get_by_label("Type instead of speaking").fill(_FIRST)
    await page.get_by_role("button", name="Send").click()
    await expect(page.locator("#state")).to_have_text("You are talking with the billing desk.")
    await expect(captions.last).to_contain_text("The billing desk")


async def _shoot(page: Page, path: Path, console: Console) -> None:
    await page.evaluate("() => { document.activeElement.blur(); scrollTo(0, 0) }")
    picture = await page.screenshot(path=path)
    console.print(f"· {path}, {len(picture) // 1000} kB")


def main() -> int:
    return exit_code_of("screenshots", lambda: asyncio.run(_take(Console(soft_wrap=True))))


if __name__ == "__main__":
    sys.exit(main())
