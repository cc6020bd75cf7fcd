"""The call page when the call changes agents, and when nobody answers."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from local.scripted import SCRIPTS
from local.stack import local_servers, running_service, running_worker, shown_link
from persistence.engines import migrate, open_store
from persistence.records import DEPLOY, HandoffState
from tests.browser.console import Service, service_of
from tests.browser.test_call_page import at_call_page
from tests.support.night_desk import make_roster

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.long]


@pytest_asyncio.fixture(loop_scope="session")
async def env(tmp_path: Path) -> AsyncIterator[dict[str, str]]:
    """The settings of a stack that has no worker yet."""
    roster = tmp_path / "roster"
    make_roster(roster)
    settings = {"BATON_ROSTER_FOLDER": str(roster), "BATON_SILENCE_ASK_S": "60"}
    settings |= {"BATON_CALL_PAGE_ORIGINS": "http://127.0.0.1:1", "BATON_HAND_OVER_AFTER_S": "1"}
    script = SCRIPTS / "acceptance.yaml"
    async with local_servers(tmp_path, script=script, settings=settings, stand_in_always=True) as servers:
        yield {**servers.env, "BATON_DRAIN_LIMIT_S": "120", "BATON_HEALTH_PORT": "0"}


@pytest_asyncio.fixture(loop_scope="session")
async def desk(env: dict[str, str], tmp_path: Path) -> AsyncIterator[Service]:
    migrate(env["BATON_STORE"])
    async with running_service(tmp_path, env) as service:
        yield await service_of(shown_link(service), env["BATON_STORE"])


async def test_a_call_from_the_page_outlives_a_deploy(
    browser: Browser, desk: Service, env: dict[str, str], tmp_path: Path
) -> None:
    async with running_worker(tmp_path, env, "first") as first, at_call_page(browser, desk) as visitor:
        await visitor.press("Call")
        await visitor.reads("The front desk", "Hello.")
        async with running_worker(tmp_path, env, "second"):
            first.send(signal.SIGTERM)
            await visitor.reads("The front desk", "Thank you. Please go on.")
            await expect(visitor.state).to_have_text("You are talking with the front desk.")
            await visitor.types("then please tell me your opening hours")
            await visitor.reads("The front desk", "We are open every day from eight to eight.")
            assert await first.wait() == 0
            await visitor.press("Hang up")
            await expect(visitor.state).to_have_text("You hung up. Thank you for calling.")
            async with open_store(desk.store, read_only=True) as store:
                (call,) = await store.calls()
                (handoff,) = await store.handoffs(call_id=call.id)
            assert (handoff.requested_by, handoff.state) == (DEPLOY, HandoffState.COMPLETED)


async def test_a_caller_whom_nobody_answers_reads_so_and_may_call_again(
    browser: Browser, desk: Service
) -> None:
    async with at_call_page(browser, desk) as visitor:
        await visitor.press("Call")
        await expect(visitor.state).to_have_text("One moment. Somebody will be with you.")
        await expect(visitor.state).to_contain_text("Everybody is busy just now.")
        await expect(visitor.state).to_have_text(
            "Nobody could answer just now. Please call again in a few minutes.", timeout=70_000
        )
        assert isinstance(visitor.page, Page)
        await expect(visitor.page.get_by_role("button", name="Call again")).to_be_focused()
