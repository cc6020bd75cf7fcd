"""Pages where something cannot be done: each button says why."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from local.processes import running
from local.stack import SERVES, Stack, shown_link
from tests.browser.console import Console, Service, console
from tests.browser.paper import COMPLETED_HANDOFF, OVER, TALKING, WAITING, store_of

pytestmark = pytest.mark.asyncio(loop_scope="session")

PROJECT = Path(__file__).parents[2]
VIEWER = "Your token may watch, but not act."
ACTS = (
    "Hand over…",
    "Take back…",
    "Approve",
    "Redirect…",
    "Cancel handoff",
    "Put on hold",
    "Resume",
    "Press keys…",
    "End call…",
)
WORDS = ("Say", "Ask", "Note")


async def test_every_button_of_a_viewer_is_disabled_and_says_why(browser: Browser, paper: Service) -> None:
    async with console(browser, paper, paper.viewer) as viewer:
        await viewer.go(f"#/calls/{WAITING}")
        for name in (*ACTS, *WORDS):
            button = viewer.page.get_by_role("button", name=name, exact=True)
            await expect(button).to_be_disabled()
            assert await viewer.reason_of(button) == VIEWER
            await button.click(force=True)
            await expect(viewer.page.get_by_role("dialog")).to_have_count(0)
        await expect(viewer.page.get_by_text(VIEWER).first).to_be_visible()
        await expect(viewer.button("Listen in")).to_be_enabled()

        await viewer.go("#/calls")
        await expect(viewer.button("Add an agent to a room…")).to_be_disabled()
        await viewer.page.goto(f"{paper.address}caller")
        await expect(viewer.button("Call")).to_be_disabled()
        why = "Your token may not act. Calling needs the right “act”."
        assert await viewer.reason_of(viewer.button("Call")) == why


async def test_each_act_that_cannot_work_now_says_its_own_reason(browser: Browser, paper: Service) -> None:
    async with console(browser, paper, paper.operator) as operator:
        await operator.go(f"#/calls/{TALKING}")
        assert await _reasons(operator, "Take back…", "Approve", "Cancel handoff") == [
            "No other role has held this call.",
            "No handoff is open.",
            "No handoff is open.",
        ]
        await expect(operator.button("Hand over…")).to_be_enabled()
        await operator.go(f"#/calls/{WAITING}")
        assert (
            await _reasons(operator, "Hand over…", "Take back…")
            == ["A handoff to technical is open: cancel it, or redirect it."] * 2
        )
        await expect(operator.button("Approve")).to_be_enabled()


async def test_after_the_end_no_button_speaks_of_a_live_call(
    browser: Browser, paper: Service, tmp_path: Path
) -> None:
    async with console(browser, paper, paper.viewer) as viewer:
        await viewer.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        await viewer.go(f"#/calls/{OVER}")
        await viewer.press("Read the transcript")
        await expect(viewer.page.get_by_role("log")).to_be_focused()
        for name in (*ACTS, *WORDS, "Listen in"):
            await expect(viewer.page.get_by_role("button", name=name, exact=True)).to_have_count(0)
        await viewer.press("Copy link")
        await expect(viewer.button("Copied")).to_be_visible()
        assert await viewer.page.evaluate("() => navigator.clipboard.readText()") == viewer.page.url
        async with viewer.page.expect_download() as begun:
            await viewer.press("Export transcript")
        file = tmp_path / "call.txt"
        await (await begun.value).save_as(file)
        first, *_, last = file.read_text(encoding="utf-8").splitlines()
        assert (first, last) == ("Call of a caller who left", "1:09  * Handed over to billing.")
        await expect(viewer.page).to_have_title(re.compile("Call, over · Baton$"))


async def test_who_may_keep_a_call_puts_a_legal_hold_on_it_and_nobody_else_sees_the_button(
    browser: Browser, paper: Service
) -> None:
    async with console(browser, paper, paper.operator) as operator:
        await operator.go(f"#/calls/{OVER}")
        hold = operator.page.get_by_role("region", name="Legal hold")
        await hold.get_by_role("button", name="Keep this call").click()
        await hold.get_by_role("button", name="End the legal hold").click()
        await expect(hold.get_by_role("button", name="Keep this call")).to_be_visible()
    async with store_of(paper) as store, console(browser, paper, paper.viewer) as viewer:
        moves = [event.moved_to for event in await store.events() if event.call_id == OVER]
        assert moves[-2:] == ["legal_hold", "released"]
        await viewer.go(f"#/calls/{OVER}")
        await expect(viewer.button("Copy link")).to_be_visible()
        await expect(viewer.page.get_by_role("region", name="Legal hold")).to_be_hidden()


async def test_a_refusal_is_told_in_the_dialog_and_nothing_is_lost(browser: Browser, paper: Service) -> None:
    async with console(browser, paper, paper.operator) as operator:
        await operator.go(f"#/calls/{TALKING}")
        await operator.press("Hand over…")
        dialog = operator.page.get_by_role("dialog")
        await dialog.get_by_label("Reason").fill("<speak>no</speak>")
        await dialog.get_by_role("button", name="Hand over").click()
        await expect(dialog.get_by_role("alert")).to_contain_text("plain words, without SSML or HTML")
        assert await dialog.get_by_label("Reason").input_value() == "<speak>no</speak>"
        await operator.page.keyboard.press("Escape")
        await expect(dialog).to_have_count(0)
        await expect(operator.button("Hand over…")).to_be_focused()


async def test_without_livekit_client_everything_but_sound_works_and_the_pages_say_why(
    browser: Browser, stack: Stack, paper: Service, tmp_path: Path
) -> None:
    async with (
        _service_without_sound(stack, paper, tmp_path) as mute,
        console(browser, mute, mute.operator) as operator,
    ):
        await operator.go(f"#/calls/{TALKING}")
        await expect(operator.button("Hand over…")).to_be_enabled()
        await expect(operator.button("Listen in")).to_be_disabled()
        told = await operator.reason_of(operator.button("Listen in"))
        assert "livekit-client" in told
        assert "run scripts/set-up-console" in told
        await operator.go(f"#/handoffs/{COMPLETED_HANDOFF}")
        await expect(operator.page.get_by_text("Seam between the agents: 160 ms")).to_be_visible()
        await operator.page.goto(f"{mute.address}caller")
        await expect(operator.button("Call")).to_be_disabled()
        assert "run scripts/set-up-console" in await operator.reason_of(operator.button("Call"))


async def _reasons(reader: Console, *names: str) -> list[str]:
    await expect(reader.button(names[0])).to_be_disabled()
    return [await reader.reason_of(reader.button(name)) for name in names]


@asynccontextmanager
async def _service_without_sound(stack: Stack, paper: Service, folder: Path) -> AsyncIterator[Service]:
    """Run the service from a copy of its code without livekit-client, which no set-up has installed there."""
    copied = folder / "operators"
    shutil.copytree(PROJECT / "operators", copied, ignore=shutil.ignore_patterns("vendor", "__pycache__"))
    env = {
        **stack.env,
        "BATON_STORE": paper.store,
        "BATON_CALL_PAGE_ORIGINS": "",  # the call page does not start without livekit-client
        "BATON_CONSOLE_PORT": "0",
        "PYTHONPATH": str(folder),
    }
    async with running(
        "the service without sound",
        [sys.executable, "-P", "-m", "operators.cli", "serve"],
        env=env,
        log=folder / "service.log",
        ready=lambda line: line.startswith(SERVES),
        limit_s=60,
    ) as program:
        yield Service(shown_link(program), paper.store, paper.operator, paper.second, paper.viewer)
