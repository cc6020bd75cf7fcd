"""A page shows what moves, and catches up with what moved or was lost while it was not looking."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from livekit import rtc
from playwright.async_api import Browser, Page, expect

from clock import SystemClock
from local.caller.token import caller_token
from local.stack import Stack
from persistence.records import CALLER, Call, CallEnd, CallId, JobId, RoleName, WorkerId
from tests.browser.console import Service, console
from tests.browser.paper import WAITING, store_of
from transfer.desk_protocol import DESK_ACT, DESK_TOPIC, DeskBrief, DeskSituation
from transfer.protocol import Message

pytestmark = pytest.mark.asyncio(loop_scope="session")

_SEEN = """hidden => {
  Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""
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


async def test_a_page_that_nobody_sees_gives_its_connection_back_and_then_has_missed_nothing(
    browser: Browser, paper: Service
) -> None:
    async with console(browser, paper, paper.viewer) as reader, store_of(paper) as store:
        await reader.go(f"#/calls/{WAITING}")
        await expect(reader.page.locator(".step.now")).to_be_visible()
        await _hide(reader.page, hidden=True)
        await expect(reader.page.locator("#connection")).to_have_text("")
        now = SystemClock().now_ms()
        await store.append_turn(WAITING, CALLER, "Is anybody there?", started_at=now - 900, ended_at=now)
        await _hide(reader.page, hidden=False)
        await expect(reader.page.locator("#connection")).to_have_text("Live")
        await expect(reader.said("Is anybody there?")).to_be_visible()
        await store.append_turn(WAITING, CALLER, "Hello?", started_at=now + 900, ended_at=now + 1500)
        await expect(reader.said("Hello?")).to_be_visible()


async def test_calls_come_and_go_on_the_list_by_themselves(browser: Browser, paper: Service) -> None:
    async with console(browser, paper, paper.viewer) as reader, store_of(paper) as store:
        await reader.go("#/calls")
        row = reader.page.get_by_role("row").filter(has_text="room-coming-and-going")
        await expect(reader.page.get_by_role("row").filter(has_text="needs approval")).to_have_count(1)
        call, job, now = CallId("coming-and-going"), JobId("job-that-goes"), SystemClock().now_ms()
        await store.open_call(
            Call(
                call,
                "room-coming-and-going",
                "somebody",
                RoleName("billing"),
                job,
                WorkerId("worker"),
                now - 65_000,
            )
        )
        await expect(row).to_contain_text("talking")
        await expect(row).to_contain_text("1:05")
        await expect(row).to_contain_text("1:06")
        await store.end_call(call, CallEnd.GOODBYE, job=job, at=now)
        await expect(row).to_have_count(0)
        await reader.go("#/calls?state=over")
        await expect(row).to_contain_text("they said goodbye")


async def test_a_desk_whose_brief_was_lost_asks_until_it_has_it(
    stack: Stack, browser: Browser, desk: Service
) -> None:
    brief, situation = DeskBrief(matter="two bills", summary="", back_to=""), DeskSituation(now="brief")
    answers: list[list[Message]] = [[situation], [brief, situation]]
    async with _agent(stack, answers), console(browser, desk, desk.operator) as person:
        await person.page.goto(f"{desk.address}desk")
        shown = await person.page.evaluate(_SHOWN, [stack.livekit.url, _token(stack, "person-1")])
    assert shown == ["brief", "two bills"]


async def _hide(page: Page, *, hidden: bool) -> None:
    await page.evaluate(_SEEN, hidden)


@asynccontextmanager
async def _agent(stack: Stack, answers: list[list[Message]]) -> AsyncIterator[None]:
    """Put an agent in the room until the block ends. It answers each question with the next of these."""
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
    key, secret = stack.livekit.api_key, stack.livekit.api_secret
    return caller_token(key, secret, room=ROOM, agent_name=None, identity=identity, may_send_data=True)
