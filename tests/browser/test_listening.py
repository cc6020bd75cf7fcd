"""An operator listens in: they hear both, and nobody can tell."""

from __future__ import annotations

import asyncio

import pytest
from livekit import rtc
from playwright.async_api import Browser, expect

from local.caller.token import caller_token
from local.stack import Stack
from tests.browser.console import Service, console
from tests.browser.hearing import forget, hears, listen
from tests.support.conversation import conversation

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_viewer_listens_in_and_is_seen_by_nobody(
    stack: Stack, browser: Browser, desk: Service
) -> None:
    async with conversation(stack) as talk, console(browser, desk, desk.viewer) as viewer:
        await talk.is_greeted()
        await viewer.opens_call(talk.room)
        await listen(viewer.page)
        await viewer.press("Listen in")
        listening = viewer.page.get_by_role("region", name="Listening in")
        await expect(listening).to_contain_text("Nobody in the call can see or hear you.")
        await forget(viewer.page)

        await talk.says("hello can you help me please")
        await talk.is_answered()
        await hears(viewer.page, "caller")
        await hears(viewer.page, talk.desk)
        assert await _seen_in(stack, talk.room) == {"caller", talk.desk}

        await viewer.press("Stop listening")
        await expect(listening).to_have_count(0)
        await expect(viewer.page.locator("audio")).to_have_count(0)


async def _seen_in(stack: Stack, room_name: str) -> set[str]:
    """Return every participant that a newcomer sees in the room."""
    token = caller_token(
        stack.livekit.api_key, stack.livekit.api_secret, room=room_name, identity="witness", agent_name=None
    )
    room = rtc.Room()
    async with asyncio.timeout(10):
        await room.connect(stack.livekit.url, token)
    try:
        return set(room.remote_participants)
    finally:
        await room.disconnect()
