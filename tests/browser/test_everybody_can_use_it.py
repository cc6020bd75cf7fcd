"""Every page as axe, our own audit and a phone see it; people's words shown as text; the keyboard alone."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.console import DESKTOP, PHONE, Service, console
from tests.browser.paper import (
    COMPLETED_HANDOFF,
    CUT_OFF,
    IMAGE,
    LINK,
    ON_HOLD,
    OVER,
    SCRIPT,
    TALKING,
    WAITING,
    asking_for_help,
    store_of,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")

AUDIT = Path(__file__).with_name("audit.js").read_text(encoding="utf-8")
IN_A_HAND = Path(__file__).with_name("phone.js").read_text(encoding="utf-8")
AXE = Path(__file__).with_name("vendor") / "axe.min.js"
"""axe, which scripts/set-up-console puts there."""
FAULTY = """() => {
  const add = (tag, attributes, words = "") => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    node.textContent = words;
    document.querySelector("main").append(node);
    return node;
  };
  add("button", {});
  add("button", { "aria-disabled": "true", "aria-describedby": "nothing" });
  add("input", {});
  add("img", { src: "/static/icon.svg" });
  add("h1", {}, "Another");
  const faint = add("p", {}, "Faint");
  faint.style.color = getComputedStyle(document.body).backgroundColor;
  faint.style.width = `${innerWidth + 20}px`;
  faint.style.position = "absolute";
  faint.style.left = "0";
}"""

PAGES = {
    "#/calls": "table",
    "#/calls?state=over": "table",
    "#/calls?state=call_back": "table",
    "#/calls?search=nobody-of-this-name": ".empty",
    "#/calls?since=2026-01-01T00:00Z": "table",
    f"#/calls/{TALKING}": ".transcript .turn",
    f"#/calls/{WAITING}": ".step.now",
    f"#/calls/{OVER}": ".transcript .mark",
    f"#/calls/{CUT_OFF}": ".call-back-box",
    f"#/calls/{ON_HOLD}": ".badge.needs",
    "#/calls/nothing": ".notice",
    "#/handoffs": "tbody tr",
    f"#/handoffs/{COMPLETED_HANDOFF}": "tbody tr",
    "#/floor": "td .badge",
    "#/floor?day=2026-01-01": "td .badge",
    "#/floor?day=nonsense": ".notice:not([hidden])",
    "#/rooms": "h1",
    "#/roster": ".grid .card",
    "#/health": ".check",
    "#/nowhere": "h1",
}
"""Every page and state, with a selector that matches once it is complete."""

WIDTHS = (320, 360, 390)
LOOK = """async (rules) => {
  const options = rules ? { runOnly: rules } : {};
  const { violations } = await axe.run({ ...options, resultTypes: ["violations"] });
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `axe ${id}: ${node.target} ${node.html}`));
}"""
AT_TWICE = """twice => {
  const sheet = new CSSStyleSheet();
  if (twice) sheet.replaceSync(":root { font-size: 200% }");
  document.adoptedStyleSheets = [sheet];
}"""


async def looked_at(page: Page) -> list[str]:
    """Return what our own audit and axe find on this page; axe checks contrasts in light and dark."""
    if not await page.evaluate("() => 'axe' in window"):
        await page.evaluate(AXE.read_text(encoding="utf-8"))
    faults: list[str] = [*await page.evaluate(AUDIT), *await page.evaluate(LOOK, None)]
    dark = await page.evaluate("() => matchMedia('(prefers-color-scheme: dark)').matches")
    await page.emulate_media(color_scheme="light" if dark else "dark")
    faults += await page.evaluate(LOOK, ["color-contrast"])
    await page.emulate_media(color_scheme="dark" if dark else "light")
    return faults


async def held_in_a_hand(page: Page) -> list[str]:
    """Return what is clipped or too small to tap on phones of several widths, and at twice the text size."""
    faults: list[str] = []
    for width, twice in [*((width, False) for width in WIDTHS), (WIDTHS[0], True)]:
        await page.set_viewport_size({"width": width, "height": PHONE[1]})
        await page.evaluate(AT_TWICE, twice)
        found = await page.evaluate(IN_A_HAND)
        faults += [f"{width} px{', text at 200 %' if twice else ''}: {fault}" for fault in found]
    await page.evaluate(AT_TWICE, False)
    return faults


@pytest.mark.parametrize(("size", "scheme"), [(DESKTOP, "light"), (PHONE, "dark")])
async def test_every_page_can_be_read_heard_and_pressed(
    browser: Browser, paper: Service, size: tuple[int, int], scheme: Literal["light", "dark"]
) -> None:
    found: dict[str, list[str]] = {}
    async with console(browser, paper, paper.operator, size=size, scheme=scheme) as reader:

        async def look(name: str) -> None:
            found[name] = await looked_at(reader.page)
            if size == PHONE:
                found[name] += await held_in_a_hand(reader.page)

        for page, whole in PAGES.items():
            await reader.go(page)
            await expect(reader.page.locator(whole).first).to_be_visible()
            await look(page)
        await reader.go("#/floor")
        await reader.press("Take it")
        await expect(reader.button("Put back")).to_be_focused()
        await expect(reader.page.get_by_role("region", name="Messages")).to_contain_text("yours")
        await look("a message that somebody has")
        await reader.press("Put back")
        await expect(reader.button("Take it")).to_be_focused()
        await reader.go(f"#/calls/{CUT_OFF}")
        await reader.press("Mark as called back…")
        await look("the question whether somebody called back")
        await reader.go(f"#/calls/{TALKING}")
        await reader.page.locator(".acts").get_by_role("button", name="Hand over…").click()
        await look("the dialog")
        await reader.page.keyboard.press("Escape")
        async with store_of(paper) as store, asking_for_help(store):
            link = reader.page.get_by_role("link", name="Listen and whisper to Nora")
            await expect(link).to_be_visible()
            await expect(link).to_have_attribute("href", f"#/calls/{ON_HOLD}")
            await look("somebody asks for help")
        await expect(link).to_have_count(0)
        await reader.page.goto(f"{paper.address}caller")
        await expect(reader.button("Call")).to_be_visible()
        await look("the test page")
        await reader.page.context.clear_cookies()
        await reader.page.goto(paper.address)
        await reader.page.get_by_label("Token").fill("baton_wrong")
        await reader.page.keyboard.press("Enter")
        await expect(reader.page.get_by_role("alert")).to_contain_text("unknown")
        await look("signing in")
    assert {page: faults for page, faults in found.items() if faults} == {}


async def test_the_audit_finds_what_it_looks_for(browser: Browser, paper: Service) -> None:
    async with console(browser, paper) as reader:
        await reader.page.goto(paper.address)
        await expect(reader.page.get_by_label("Token")).to_be_visible()
        await reader.page.evaluate(FAULTY)
        found = await reader.page.evaluate(AUDIT)
    assert sorted(fault.partition(":")[0] for fault in found) == [
        "2 first headings",
        "aria-describedby leads nowhere",
        "contrast 1.00",
        "disabled without a reason",
        "inline",
        "no alt",
        "no label",
        "no name",
        "no name",
        "wider than the screen by 20 px",
    ]


async def test_words_that_look_like_scripts_are_shown_as_words(browser: Browser, paper: Service) -> None:
    async with console(browser, paper, paper.operator) as reader:
        await reader.go("#/calls")
        await expect(reader.page.get_by_role("link", name=SCRIPT)).to_be_visible()
        await reader.page.get_by_role("link", name=SCRIPT).click()
        await expect(reader.page.locator("h1")).to_have_text(f"Call of {SCRIPT}")
        assert await reader.turns() == ["Hello, how can I help you?", IMAGE, SCRIPT]
        for words in ("<u>mia</u>", "<i>429</i>", "<b>bold</b>"):
            await expect(reader.page.get_by_role("log").get_by_text(words).first).to_be_visible()
        await reader.go(f"#/handoffs/{COMPLETED_HANDOFF}")
        told = reader.page.get_by_role("region", name="Summary for the target")
        for words in (SCRIPT, IMAGE, LINK):
            await expect(told.get_by_text(words)).to_be_visible()
        for page in (
            "#/calls",
            f"#/calls/{TALKING}",
            "#/floor",
            "#/handoffs",
            f"#/handoffs/{COMPLETED_HANDOFF}",
        ):
            await reader.go(page)
            assert await _made_of_words(reader.page) == 0
        assert "taken" not in await reader.page.title()


async def test_a_call_is_handed_over_with_the_keyboard_alone(browser: Browser, paper: Service) -> None:
    async with console(browser, paper, paper.operator) as reader:
        keys = reader.page.keyboard
        await reader.go(f"#/calls/{TALKING}")
        button = reader.button("Hand over…")
        await expect(button).to_be_enabled()
        for _ in range(60):
            if await button.evaluate("node => node === document.activeElement"):
                break
            await keys.press("Tab")
        await expect(button).to_be_focused()
        assert await button.evaluate("node => getComputedStyle(node).outlineStyle") == "solid"
        await keys.press("Enter")
        dialog = reader.page.get_by_role("dialog")
        await expect(dialog.get_by_label("To", exact=True)).to_be_focused()
        await keys.press("Tab")
        await keys.type("you were charged twice")
        await keys.press("Escape")
        await expect(button).to_be_focused()
        await keys.press("Enter")
        await keys.press("Tab")
        await keys.type("you have a question")
        await keys.press("Enter")
        await expect(dialog).to_have_count(0)
        await expect(reader.handoff_state).to_have_text("requested")
        await expect(reader.page.get_by_role("status").filter(has_text="requested")).to_have_text(
            "Handoff to billing: requested."
        )
        await reader.button("Cancel handoff").press("Enter")
        await expect(reader.handoff_state).to_have_text("cancelled")


async def _made_of_words(page: Page) -> int:
    """Count the elements that only somebody's words can have created."""
    return await page.locator(
        "main img, main script, main u, main i:not([aria-hidden]), a[href^=javascript]"
    ).count()
