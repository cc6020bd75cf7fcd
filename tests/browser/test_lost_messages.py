"""A page whose network loses a message of an agent: a real room, and an agent that loses one on purpose."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from livekit import api, rtc
from playwright.async_api import Browser

from local.stack import Stack
from tests.browser.console import Service, console
from transfer.desk_protocol import DESK_ACT, DESK_TOPIC, DeskBrief, DeskSituation
from transfer.protocol import Message

pytestmark = pytest.mark.asyncio(loop_scope="session")

ROOM = "desk-lost-messages"
_SHOWN = """async ([url, token]) => {
  const { Talk } = await import("/static/script/desk/talk.js");
  const talk = new Talk(document.createElement("div"));
  const shown = [];
  const brief = new Promise((seen) => talk.addEventListener("brief", ({ detail }) => seen(detail.matter)));
  talk.addEventListener("situation", ({ detail }) => shown.push(detail.now));
  await talk.join({ url, token });
  shown.push(await brief);
  await talk.leave();
  return shown;
}"""


async def test_a_desk_whose_brief_was_lost_asks_until_it_has_it(
    stack: Stack, browser: Browser, desk: Service
) -> None:
    brief, situation = DeskBrief(matter="two bills", summary="", back_to=""), DeskSituation(now="brief")
    answers: list[list[Message]] = [[situation], [brief, situation]]
    async with _agent(stack, answers), console(browser, desk, desk.operator) as person:
        await person.page.goto(f"{desk.address}desk")
        shown = await person.page.evaluate(_SHOWN, [stack.livekit.url, _token(stack, "person-1")])
    assert shown == ["brief", "two bills"]


@asynccontextmanager
async def _agent(stack: Stack, answers: list[list[Message]]) -> AsyncIterator[None]:
    """In the room until the block ends; it answers each question with the next of these."""
    room = rtc.Room()

    async def answer(data: rtc.RpcInvocationData) -> str:
        for message in answers.pop(0) if answers else ():
            await room.local_participant.send_text(
                message.model_dump_json(), destination_identities=[data.caller_identity], topic=DESK_TOPIC
            )
        return ""

    await room.connect(stack.livekit.url, _token(stack, "agent-1"))
    room.local_participant.register_rpc_method(DESK_ACT, answer)
    try:
        yield
    finally:
        await room.disconnect()


def _token(stack: Stack, identity: str) -> str:
    token = api.AccessToken(stack.livekit.api_key, stack.livekit.api_secret).with_identity(identity)
    return token.with_grants(api.VideoGrants(room_join=True, room=ROOM)).to_jwt()
