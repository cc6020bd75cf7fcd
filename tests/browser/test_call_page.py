"""Anybody calls from a web page, without signing in. The browser, the agents and the other page are real."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Literal

import httpx
import pytest
from playwright.async_api import Browser, FrameLocator, Page, expect

from agents.people.entries import promise_call_back
from agents.roster.desk import CALL_BACK, Desk, QueueRules
from clock import SystemClock
from local.caller.browser_microphone import write_microphone
from local.chromium import chromium
from local.stack import Stack
from local.web_page import web_page
from people.call_back_link import hash_of
from persistence.engines import open_store
from persistence.people import EntryState, Person
from persistence.records import CALLER, Call, CallEnd, RoleName, Turn
from tests.browser.care_team import PERSON, ROLE
from tests.browser.conftest import FOREIGN_PORT, UNLISTED_PORT
from tests.browser.console import PHONE, Service
from tests.browser.test_desk import at_desk, is_available, says, wraps_up
from tests.browser.test_everybody_can_use_it import held_in_a_hand, looked_at
from tests.support.driving import process_of
from tests.support.said import likeliest

pytestmark = pytest.mark.asyncio(loop_scope="session")

SPOKEN = "hello can you help me please"
GREETED_S = 7.0  # by then the greeting is over
REFUND = "yes that is correct can you refund it"
CHARGED_TWICE = "I was charged twice for my last invoice"
PERSON_SAYS = "good morning how can I help you today"
CARE_DESK = Desk(
    people=(Person(PERSON),),
    skills=(),
    rings_s=60.0,
    hours=None,
    otherwise=CALL_BACK,
    queue=QueueRules.model_validate({}),
    needs_wrap_up=True,
    codes=(),
)
_ADDRESSES = count(1)


class Visitor:
    """A visitor of the call page, which may be a frame on another page."""

    def __init__(self, page: Page | FrameLocator) -> None:
        self.page = page
        self.state = page.locator("#state")
        self.captions = page.locator("#captions > div:not([aria-hidden])")

    async def press(self, name: str) -> None:
        await self.page.get_by_role("button", name=name, exact=True).click()

    async def types(self, words: str) -> None:
        await self.page.get_by_label("Type instead of speaking").fill(words)
        await self.press("Send")

    async def reads(self, who: str, words: str) -> None:
        """Wait for a complete caption."""
        await expect(self.captions.filter(has_text=who).filter(has_text=words).last).to_be_visible()


@asynccontextmanager
async def at_call_page(
    browser: Browser, service: Service, scheme: Literal["light", "dark"] = "light"
) -> AsyncIterator[Visitor]:
    """Open the page from an address of its own, so that others' requests do not count against it."""
    context = await browser.new_context(
        viewport={"width": PHONE[0], "height": PHONE[1]},
        color_scheme=scheme,
        locale="en-GB",
        extra_http_headers={"X-Forwarded-For": f"203.0.113.{next(_ADDRESSES)}"},
    )
    try:
        page = await context.new_page()
        await page.goto(f"{service.address}call")
        yield Visitor(page)
    finally:
        await context.close()


@pytest.mark.usefixtures("browser")
async def test_a_button_on_another_page_calls_and_the_caller_reads_a_transfer_and_the_end(
    desk: Service, tmp_path: Path
) -> None:
    microphone = tmp_path / "visitor.wav"
    await asyncio.to_thread(write_microphone, microphone, [(GREETED_S, SPOKEN)])
    async with web_page(desk.address, FOREIGN_PORT) as address, chromium(microphone) as telephone:
        page = await telephone.new_page()
        await page.goto(address)
        await page.get_by_role("button", name="Talk to us").click()
        visitor = Visitor(page.frame_locator("iframe"))
        await visitor.press("Call")
        await expect(visitor.state).to_have_text("You are talking with the front desk.")
        await visitor.reads("The front desk", "Hello.")
        await visitor.reads("The front desk", "Of course. What is it about?")
        heard = await visitor.page.locator("#captions > div.caller .words").inner_text()
        assert likeliest(heard, SPOKEN) == SPOKEN
        await page.get_by_role("button", name="Hide the call").click()
        await page.get_by_role("button", name="Show the call").click()

        await visitor.types(CHARGED_TWICE)
        await expect(visitor.state).to_contain_text("You are being put through to the billing desk")
        await expect(visitor.state).to_have_text("You are talking with the billing desk.")
        await visitor.reads("The billing desk", "paid twice")

        call, _ = await _call_and_turns(desk)
        await _act(desk, call, "hold")
        await expect(visitor.state).to_have_text("On hold, with music. We are still with you.")
        await visitor.types(REFUND)
        await visitor.reads("You, typed", REFUND)
        await _act(desk, call, "resume")
        await expect(visitor.state).to_have_text("You are talking with the billing desk.")
        await visitor.reads("The billing desk", "I have refunded it.")
        _, turns = await _call_and_turns(desk)
        assert [turn.text for turn in turns if turn.typed] == [CHARGED_TWICE, REFUND]

        await _act(desk, call, "end")
        await expect(visitor.state).to_have_text("The call was ended at our end. Thank you for calling.")
        await expect(visitor.page.get_by_role("button", name="Call again")).to_be_focused()


async def test_a_caller_types_reads_says_goodbye_calls_again_and_is_not_left_alone_by_a_killed_agent(
    browser: Browser, desk: Service, stack: Stack
) -> None:
    async with at_call_page(browser, desk, "dark") as visitor:
        assert isinstance(visitor.page, Page)
        assert [*await looked_at(visitor.page), *await held_in_a_hand(visitor.page)] == []
        await visitor.press("Call")
        await expect(visitor.page.get_by_role("alert")).to_contain_text("We cannot hear you")
        await visitor.reads("The front desk", "Hello.")
        await visitor.types("then please tell me your opening hours")
        await visitor.reads("You, typed", "then please tell me your opening hours")
        await visitor.reads("The front desk", "We are open every day from eight to eight.")
        assert [*await looked_at(visitor.page), *await held_in_a_hand(visitor.page)] == []
        await visitor.types("no that is all thank you goodbye")
        await expect(visitor.state).to_have_text("The call has ended. Thank you for calling.")
        await visitor.reads("The front desk", "Goodbye.")
        call, turns = await _call_and_turns(desk)
        assert call.ended_how is CallEnd.GOODBYE
        assert [turn.typed for turn in turns if turn.speaker == CALLER] == [True, True]

        await visitor.press("Call again")
        await visitor.reads("The front desk", "Hello.")
        call, _ = await _call_and_turns(desk)
        os.kill(await process_of(stack, call.holder_job), signal.SIGKILL)
        await visitor.types("are you still there")  # kept until an agent is there
        await visitor.reads("The front desk", "we were cut off")
        await visitor.reads("You, typed", "are you still there")
        await expect(visitor.state).to_have_text("You are talking with the front desk.")
        await visitor.press("Hang up")
        await expect(visitor.state).to_have_text("You hung up. Thank you for calling.")


async def test_a_page_that_is_not_listed_gets_neither_the_frame_nor_a_token(
    browser: Browser, desk: Service
) -> None:
    async with web_page(desk.address, UNLISTED_PORT) as address:
        page = await browser.new_page()
        refused: list[str] = []
        page.on("console", lambda said: refused.append(said.text))
        await page.goto(address)
        await page.get_by_role("button", name="Talk to us").click()
        await expect(page.frame_locator("iframe").locator("#call")).to_have_count(0)
        await page.wait_for_timeout(0)
        assert any("frame-ancestors" in text for text in refused)
        await page.close()


async def test_too_many_calls_from_one_address_are_refused_in_words(browser: Browser, desk: Service) -> None:
    async with at_call_page(browser, desk) as visitor:
        assert isinstance(visitor.page, Page)
        asked = "async () => { while ((await fetch('/call/tokens', {method: 'POST'})).ok); }"
        await visitor.page.evaluate(asked)
        await visitor.press("Call")
        await expect(visitor.page.get_by_role("alert")).to_contain_text(
            "There were many calls from your connection. Please try again in"
        )
        await expect(visitor.page.get_by_role("button", name="Call", exact=True)).to_be_focused()


async def test_a_link_rings_once_a_person_is_there_and_the_caller_is_put_through(
    stack: Stack, desk: Service, tmp_path: Path
) -> None:
    """test_promising_call_backs covers what the model does with the caller's yes."""
    async with (
        open_store(stack.store) as store,
        chromium(await says(tmp_path / "person.wav", [(1.0, PERSON_SAYS)] * 40)) as office,
        chromium(await says(tmp_path / "caller.wav", [(600.0, PERSON_SAYS)])) as telephone,
        at_desk(office, desk, store) as person,
        at_call_page(telephone, desk) as caller,
    ):
        await caller.press("Call")
        await expect(caller.state).to_have_text("You are talking with the front desk.")
        (call,) = [
            one for one in await store.calls() if one.ended_at is None and one.room.startswith("page-")
        ]
        clock, role = SystemClock(), RoleName(ROLE)
        link = await promise_call_back(store, clock, CARE_DESK, call.id, role, within_s=600)
        assert isinstance(caller.page, Page)
        await caller.page.evaluate("link => { location.hash = `back=${link}`; }", link)
        await caller.press("Hang up")
        await expect(caller.state).to_contain_text("We will call you back")

        await is_available(person)
        await expect(
            person.page.get_by_role("heading", name="To be called back: our care team")
        ).to_be_visible()
        faults = await looked_at(person.page)
        await person.press("Accept, and call them")
        await expect(person.page.locator(".talk .now")).to_contain_text("The caller's page rings")
        await expect(caller.state).to_have_text("We are calling you back. Please answer.")
        faults += await looked_at(caller.page)
        await caller.press("Answer")
        await person.press("Put them through")
        await expect(person.page.locator(".talk .now")).to_have_text("You are talking with the caller")
        await expect(caller.state).to_have_text("You are talking with our care team.")
        await caller.press("Hang up")
        await wraps_up(person)
        await person.press("Be away")
        entry = await store.call_back_of(hash_of(link))
    assert faults == []
    assert entry is not None
    assert (entry.state, entry.tries) == (EntryState.TALKED, 0)
    assert entry.call_id != call.id


async def _call_and_turns(service: Service) -> tuple[Call, Sequence[Turn]]:
    """Return the latest call from the page, and its turns."""
    async with open_store(service.store, read_only=True) as store:
        call = next(call for call in await store.calls() if call.room.startswith("page-"))
        return call, await store.turns(call.id)


async def _act(service: Service, call: Call, act: str) -> None:
    """Act on the call as an operator."""
    headers = {"Authorization": f"Bearer {service.operator}"}
    async with httpx.AsyncClient(base_url=service.address, headers=headers) as operator:
        answer = await operator.post(f"/calls/{call.id}/{act}")
        assert answer.status_code == 202, answer.text
