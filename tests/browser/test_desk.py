"""Two people at two browsers: one calls, the other takes calls at a desk. Everything between them is real."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from clock import SystemClock
from local.caller.browser_microphone import write_microphone
from local.chromium import chromium
from local.stack import Stack
from operators.auth.access import add_operator, renew_operator
from persistence.access import Right
from persistence.contract.store import Store
from persistence.engines import open_store
from persistence.people import OfferId, OfferOutcome, Person, PresenceState
from persistence.records import CALLER, Call, HandoffState
from tests.browser.care_team import COLLEAGUE, COLLEAGUES, PERSON, ROLE
from tests.browser.console import PHONE, Console, Service, console
from tests.browser.hearing import LOUD, forget, hears, hears_while, listen
from tests.browser.test_everybody_can_use_it import held_in_a_hand, looked_at
from tests.support.conversation import until
from tests.support.driving import process_of
from tests.support.said import likeliest
from transfer.protocol import agent_identity

pytestmark = pytest.mark.asyncio(loop_scope="session")

ASKS = "I would like to speak with a real person"
HELPS = "good morning how can I help you today"
GREETED_S, LIMIT_S = 7.0, 40.0
_FOCUSED = """() => {
  const { labels, textContent } = document.activeElement;
  return (labels?.[0]?.textContent ?? textContent).trim();
}"""
_CONTROLS = 40  # more than the page has


async def test_a_caller_is_handed_to_a_person_who_reads_the_brief_talks_and_hands_back(
    stack: Stack, desk: Service, tmp_path: Path
) -> None:
    async with (
        _two_browsers(stack, desk, tmp_path, GREETED_S, 25.0) as (store, office, caller),
        at_desk(office, desk, store) as person,
    ):
        page, faults = person.page, [*await looked_at(person.page)]
        await is_available(person)
        faults += await looked_at(page)
        room = await _calls(caller)

        await expect(page.get_by_role("region", name="It rings")).to_contain_text("our care team")
        assert "It rings" in await page.title()
        await expect(page.locator(".matter")).to_contain_text("real person")
        faults += await looked_at(page)
        await expect(person.button("Accept")).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(person.button("Put them through")).to_be_visible()
        await expect(page.locator(".talk")).to_contain_text("real person")
        call = await _call_in(store, room)
        proxy = await _proxy_of(store, call)
        heard = await caller.page.evaluate("one => window.loudest[one] ?? 0", proxy)
        assert heard < LOUD, "the brief is private"
        faults += await looked_at(page)

        await expect(person.button("Put them through")).to_be_focused()
        # The introduction: nothing else is copied before the bridge opens.
        introduced = asyncio.ensure_future(
            hears_while(page, proxy, "Putting them through", within=".talk .now")
        )
        await page.keyboard.press("Enter")
        async with asyncio.timeout(LIMIT_S):
            assert await introduced
        await expect(page.locator(".talk .now")).to_have_text("You are talking with the caller")
        await until(lambda: _introduced(store, call), "the caller has heard it too")
        await hears(caller.page, proxy)
        await forget(page)  # forget the brief; the caller speaks again
        await hears(page, proxy)
        await expect(caller.page.locator(".phone-state")).to_contain_text("our care team")
        await expect(page.get_by_role("log")).to_contain_text("our care team: ")
        await until(lambda: _said(store, call, ROLE, HELPS, times=2), "the person's words, pause by pause")
        await until(lambda: _said(store, call, CALLER, ASKS, times=2), "and so are the caller's")
        faults += [*await looked_at(page), *await held_in_a_hand(page)]

        await _presses_by_key(page, "Hold")
        await expect(page.locator(".talk .now")).to_have_text("The caller is on hold")
        held = await store.call(call.id)
        assert held is not None
        assert held.held_by == PERSON
        faults += await looked_at(page)
        await page.keyboard.press("Enter")  # the same button
        await expect(page.locator(".talk .now")).to_have_text("You are talking with the caller")
        await forget(caller.page)
        await hears(caller.page, proxy)

        await _writes_by_key(page, "Private note", "Nothing to do.")
        await until(lambda: _kept(store, call, "Nothing to do."), "the note is on the server")
        await _writes_by_key(page, "For the desk that handed over", "they were only curious")
        await page.keyboard.press("Enter")
        await expect(caller.page.locator(".phone-state")).to_contain_text("the front desk")
        await expect(page.get_by_label("What came of it")).to_be_visible()
        await expect(page.get_by_label("Note")).to_have_value("Nothing to do.")
        faults += [*await looked_at(page), *await held_in_a_hand(page)]
        await expect(person.button("Save")).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(page.locator(".now")).to_have_text("You are available")
        await caller.press("Hang up")
        await _is_recorded(store, call)
        await _presses_by_key(page, "Be away")
    assert faults == []


@pytest.mark.long
async def test_a_person_asks_for_help_and_for_colleagues_by_key_and_the_talk_goes_on(
    stack: Stack, desk: Service, tmp_path: Path
) -> None:
    async with (
        _two_browsers(stack, desk, tmp_path, GREETED_S) as (store, office, caller),
        at_desk(office, desk, store) as person,
    ):
        page, call = person.page, await _is_put_through(person, caller, store)

        await _presses_by_key(page, "Ask for help")
        await expect(page.locator(".talk")).to_contain_text("Supervisors are asked to help you.")
        assert [offer.person for offer in await store.offers(wants_help=True)] == [PERSON]
        faults = [*await looked_at(page)]
        await page.keyboard.press("Enter")  # the same button
        await expect(page.locator(".talk")).not_to_contain_text("Supervisors are asked to help you.")
        assert not await store.offers(wants_help=True)

        await _hands_over_by_name(person, store, call)
        faults += await _asks_in_by_name(page, store)
        await caller.press("Hang up")
        await wraps_up(person)
        await person.press("Be away")
    assert faults == []


@pytest.mark.fault("P1")
@pytest.mark.fault("P3")
@pytest.mark.fault("P5")
@pytest.mark.long
async def test_a_talk_outlives_its_agent_and_a_reload_and_whoever_closes_the_page_gives_the_caller_back(
    stack: Stack, desk: Service, tmp_path: Path
) -> None:
    async with _two_browsers(stack, desk, tmp_path, GREETED_S) as (store, office, caller):
        async with at_desk(office, desk, store) as person:
            call = await _is_put_through(person, caller, store)
            talking = person.page.locator(".talk .now")
            assert len(person.page.workers) == 1, "which sends the page's beats"
            first = await _proxy_of(store, call)
            await hears(caller.page, first)

            os.kill(await process_of(stack, call.holder_job), signal.SIGKILL)
            again = await until(lambda: _another_holder(store, call, first), "another agent between the two")
            await hears(caller.page, again)
            await expect(talking).to_have_text("You are talking with the caller")
            await forget(caller.page)
            await person.page.reload()
            await expect(talking).to_have_text("You are talking with the caller")
            await hears(caller.page, again)
            await expect(person.page.get_by_role("log")).to_contain_text("our care team: ")
            (offer,) = await store.offers(call_id=call.id)
            assert offer.is_talk
            await person.page.goto("about:blank")

        async def back() -> bool | None:
            row = await store.call(call.id)
            return True if row is not None and row.holder_role == "front-desk" else None

        await until(back, "the front desk has the caller again", limit_s=60)
        await expect(caller.page.locator(".phone-state")).to_contain_text("the front desk")
        await caller.press("Hang up")


async def says(path: Path, lines: list[tuple[float, str]]) -> Path:
    await asyncio.to_thread(write_microphone, path, lines)
    return path


@asynccontextmanager
async def _two_browsers(
    stack: Stack, desk: Service, folder: Path, *asks_s: float
) -> AsyncIterator[tuple[Store, Browser, Console]]:
    """Yield the store, the browser of a person who repeats one line, and the caller's page.

    `asks_s`: the seconds at which the caller asks for a person.
    """
    async with (
        open_store(stack.store) as store,
        chromium(await says(folder / "person.wav", [(1.0, HELPS)] * 40)) as office,
        chromium(await says(folder / "caller.wav", [(at_s, ASKS) for at_s in asks_s])) as telephone,
        console(telephone, desk) as caller,
    ):
        yield store, office, caller


@asynccontextmanager
async def at_desk(browser: Browser, service: Service, store: Store) -> AsyncIterator[Console]:
    """Put the care team's person at their desk, on a phone."""
    if PERSON in {one.name for one in await store.operators()}:
        token = await renew_operator(store, PERSON, rights=None, expires_at=None)
    else:
        token = await add_operator(store, PERSON, frozenset({Right.DESK}), SystemClock())
    async with console(browser, service, size=PHONE) as person:
        await person.page.goto(f"{service.address}desk.html")
        await expect(person.page.get_by_label("Token")).to_be_focused()
        await person.page.keyboard.type(token)
        await person.page.keyboard.press("Enter")
        await expect(person.button("Test the microphone")).to_be_focused()
        yield person


async def is_available(person: Console) -> None:
    await person.page.keyboard.press("Enter")
    await expect(person.button("Use this microphone")).to_be_focused()
    await person.page.keyboard.press("Enter")
    await _presses_by_key(person.page, "Be available")
    await expect(person.page.locator(".now")).to_have_text("You are available")
    await listen(person.page)


async def _presses_by_key(page: Page, name: str) -> None:
    await _goes_to(page, name)
    await page.keyboard.press("Enter")


async def _writes_by_key(page: Page, name: str, words: str) -> None:
    await _goes_to(page, name)
    await page.keyboard.type(words)


async def _hands_over_by_name(person: Console, store: Store, call: Call) -> None:
    """Hand over to a colleague who is there but does not accept."""
    page, colleague = person.page, Person(COLLEAGUE)
    choice = page.get_by_label("Hand over to")
    await expect(choice).to_contain_text("the billing desk")
    await store.set_presence(
        colleague, PresenceState.AVAILABLE, lease_s=120, by=colleague, at=SystemClock().now_ms()
    )
    await expect(choice).to_contain_text(f"{COLLEAGUE}, the second line (available)", timeout=20_000)
    await _writes_by_key(page, "Hand over to", COLLEAGUE)
    await _writes_by_key(page, "What they should know", "they were charged twice")
    await page.keyboard.press("Enter")
    await expect(page.locator(".talk .now")).to_have_text("The caller is being handed over…")
    offer = await until(lambda: _rings_at(store, colleague), "it rings at the colleague's desk")
    await store.decline_offer(offer, colleague, reason="in a meeting", at=SystemClock().now_ms())
    await expect(page.locator(".talk .now")).to_have_text("You are talking with the caller")
    latest, *_ = await store.handoffs(call_id=call.id)
    assert (latest.target, latest.person, latest.state) == (COLLEAGUES, COLLEAGUE, HandoffState.DECLINED)


async def _asks_in_by_name(page: Page, store: Store) -> list[str]:
    """Ask in the colleague while the caller is on hold; she does not come. Returns the page's faults."""
    where, now = page.get_by_role("region", name="A second person"), page.locator(".talk .now")
    await _writes_by_key(page, "Ask a second person in", COLLEAGUE)
    await _writes_by_key(page, "What you want of them", "may I refund them")
    await page.keyboard.press("Enter")
    await expect(where).to_contain_text(f"It rings for {COLLEAGUE} (the second line).")
    await expect(now).to_have_text("The caller is on hold")
    offer = await until(lambda: _rings_at(store, Person(COLLEAGUE)), "it rings at the colleague's desk")
    faults = [*await looked_at(page), *await held_in_a_hand(page)]
    await store.decline_offer(offer, Person(COLLEAGUE), reason="at lunch", at=SystemClock().now_ms())
    await expect(where).to_contain_text(f"The talk goes on without {COLLEAGUE} (the second line): at lunch.")
    await _presses_by_key(page, "Take off hold")
    await expect(now).to_have_text("You are talking with the caller")
    return faults


async def _rings_at(store: Store, person: Person) -> OfferId | None:
    return next((offer.id for offer in await store.offers(person=person, ringing=True)), None)


async def _introduced(store: Store, call: Call) -> bool:
    said = f"I have {PERSON} from our care team on the line"
    return any(said in turn.text for turn in await store.turns(call.id) if turn.speaker == "front-desk")


async def _kept(store: Store, call: Call, note: str) -> bool:
    return any(offer.note == note for offer in await store.offers(call_id=call.id))


async def _goes_to(page: Page, name: str) -> None:
    """Go by the Tab key alone to the control with this name, at most once around the page."""
    for _ in range(_CONTROLS):
        await page.keyboard.press("Tab")
        if (await page.evaluate(_FOCUSED)).startswith(name):
            return
    raise AssertionError(f"the Tab key does not reach {name!r}")


async def _is_put_through(person: Console, caller: Console, store: Store) -> Call:
    await is_available(person)
    room = await _calls(caller)
    await person.press("Accept")
    await person.press("Put them through")
    await expect(person.page.locator(".talk .now")).to_have_text("You are talking with the caller")
    return await _call_in(store, room)


async def _calls(caller: Console) -> str:
    """Call from the page, and return the room."""
    await caller.page.goto(f"{caller.service.address}caller#token={caller.service.second}")
    room = await caller.page.get_by_label("Room").input_value()
    await listen(caller.page)
    await caller.press("Call")
    await expect(caller.page.locator(".phone-state")).to_contain_text("You are talking with the front desk")
    return room


async def _call_in(store: Store, room: str) -> Call:
    call = await store.latest_call_in(room)
    assert call is not None
    return call


async def _proxy_of(store: Store, call: Call) -> str:
    """Return the identity of the agent that plays the target, in the caller's room and the person's own."""
    (handoff,) = await store.handoffs(call_id=call.id)
    assert handoff.target == ROLE
    assert handoff.target_job is not None
    return agent_identity(handoff.target_job)


async def _another_holder(store: Store, call: Call, first: str) -> str | None:
    row = await store.call(call.id)
    assert row is not None
    holder = agent_identity(row.holder_job)
    return holder if holder != first and row.lost_at is None else None


async def _said(store: Store, call: Call, speaker: str, line: str, *, times: int = 1) -> bool:
    """Whether this speaker said the line `times` times. A bridge that opens mid-sentence cuts the first."""
    turns = [turn.text for turn in await store.turns(call.id) if turn.speaker == speaker]
    return sum(likeliest(words, line) == line for words in turns) >= times


async def wraps_up(person: Console) -> None:
    await person.page.get_by_label("What came of it").select_option("solved")
    await person.page.get_by_label("Note").fill("Nothing to do.")
    await person.press("Save")


async def _is_recorded(store: Store, call: Call) -> None:
    back, out = await store.handoffs(call_id=call.id)
    assert (out.target, out.state) == (ROLE, HandoffState.COMPLETED)
    assert (back.target, back.state, back.requested_by) == ("front-desk", HandoffState.COMPLETED, PERSON)
    (offer,) = [one for one in await store.offers(person=Person(PERSON)) if one.call_id == call.id]
    assert offer.outcome is OfferOutcome.ACCEPTED
    assert offer.connected_at is not None
    assert offer.ended_at is not None
    assert (offer.code, offer.note) == ("solved", "Nothing to do.")
