"""The service goes away in the middle of a call and comes back: the page says so, and has missed nothing."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from local.livekit.server import free_ports
from local.stack import Stack, running_service
from persistence.records import HandoffState
from tests.browser.console import Console, Service, console
from tests.support.conversation import Conversation, conversation, until

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_what_happened_while_the_service_was_away_is_on_the_page_when_it_is_back(
    stack: Stack, browser: Browser, desk: Service, tmp_path: Path
) -> None:
    port = free_ports().http
    here = Service(f"http://127.0.0.1:{port}/", desk.store, desk.operator, desk.second, desk.viewer)
    env = {**stack.env, "BATON_CONSOLE_PORT": str(port)}
    async with AsyncExitStack() as first, console(browser, here) as operator:
        await first.enter_async_context(running_service(tmp_path, env, "first"))
        await operator.sign_in(here.operator)
        async with conversation(stack) as talk:
            await talk.is_greeted()
            await operator.opens_call(talk.room)
            await expect(operator.said("Hello.")).to_be_visible()
            await operator.page.evaluate("() => { window.neverLeft = true }")

            await first.aclose()
            await expect(operator.page.locator("#connection")).to_have_text("Connection lost. Trying again…")
            reason = await operator.reason_of(operator.button("Hand over…"))
            assert reason == "The service is not answering right now."
            await talk.says("I was charged twice for my last invoice")
            await talk.meets_another()
            await talk.handoff(HandoffState.COMPLETED)

            async with running_service(tmp_path, env, "second"):
                await _has_missed_nothing(operator, talk)
                assert await operator.page.evaluate("() => window.neverLeft")
                await _still_acts(operator)


async def _has_missed_nothing(operator: Console, talk: Conversation) -> None:
    await expect(operator.page.locator("#connection")).to_have_text("Live")
    await expect(operator.holder).to_have_text("held by billing")
    await expect(operator.handoff_state).to_have_text("completed")

    async def same() -> Sequence[str] | None:
        words = [turn.text for turn in await talk.turns()]
        return words if words == await operator.turns() else None

    assert len(await until(same, "a transcript with every turn")) >= 4


async def _still_acts(operator: Console) -> None:
    await operator.sends("Note", "They have been with us for ten years.")
    await expect(operator.page.locator(".mark.request")).to_contain_text("told the agent privately")
    await expect(operator.page.locator(".mark.request")).to_contain_text("(done)")
