"""Calls without an agent: rows for pages that show rows. Their words and names look like scripts."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from uuid import uuid4

from clock import SystemClock
from persistence.contract.handoffs import Outcome, Timings
from persistence.contract.store import Store
from persistence.engines import open_store
from persistence.messages import Message, MessageId
from persistence.people import EntryId, Help, OfferId, Person, PresenceState, QueueEntry
from persistence.records import (
    CALLER,
    Attempt,
    AttemptId,
    Call,
    CallEnd,
    CallId,
    Completes,
    Handoff,
    HandoffId,
    HandoffState,
    JobId,
    OperatorRequest,
    RequestId,
    RequestKind,
    RoleName,
    SummarySource,
    Trouble,
    WorkerId,
)
from tests.browser.care_team import ROLE
from tests.browser.console import Service

SCRIPT = "<script>document.title='taken'</script>"
IMAGE = '<img src="x" onerror="document.title=\'taken\'">'
LINK = "javascript:document.title='taken'"
TALKING, WAITING, OVER = CallId("paper-talking"), CallId("paper-waiting"), CallId("paper-over")
CUT_OFF, ON_HOLD = CallId("paper-cut-off"), CallId("paper-on-hold")
NAME, NUMBER = "علي Maximiliane Alexandra von Hohenlohe-Schillingsfürst zu Waldenburg 🎈", "+49 170 1234567"
"""The name and number of the caller who was cut off: long, and starting right to left."""
WAITING_HANDOFF, COMPLETED_HANDOFF = HandoffId("paper-waiting-handoff"), HandoffId("paper-completed-handoff")
HANDOFFS = 30
"""The handoffs of the finished call, one of them completed."""

_FRONT, _BILLING, _TECHNICAL = RoleName("front-desk"), RoleName("billing"), RoleName("technical")
CARE, MIA, ZOE = RoleName(ROLE), Person("Mia"), Person("Zoe")
_HOLDER, _WORKER = JobId("paper-holder"), WorkerId("paper-worker")


@asynccontextmanager
async def store_of(service: Service) -> AsyncIterator[Store]:
    async with open_store(service.store) as store:
        yield store


async def write_calls(store: Store) -> None:
    """Write calls: one ongoing, one whose handoff waits for approval, one to call back, one on hold."""
    now = SystemClock().now_ms()
    await _talking(store, now - 60_000)
    await _waiting(store, now - 30_000)
    await _over(store, now - 3_600_000)
    await _cut_off(store, now - 7_200_000)
    await store.open_call(
        Call(ON_HOLD, "room-on-hold", "a patient caller", _FRONT, _HOLDER, _WORKER, now - 90_000)
    )
    await store.hold_call(ON_HOLD, by="mia", at=now - 45_000)
    await _people(store, now)


async def _people(store: Store, now: int) -> None:
    """Write people: one has talked, one is at lunch; a caller waits for somebody who is not there."""
    for person in (MIA, ZOE):
        await store.set_presence(person, PresenceState.AVAILABLE, lease_s=86_400, by=person, at=now - 50_000)
    await wait_for_person(store, ON_HOLD, MIA, now - 50_000)
    offer = await store.make_offer(OfferId("paper-talk"), EntryId(f"for {MIA}"), MIA, at=now - 50_000)
    assert offer is not None
    await store.accept_offer(offer.id, MIA, connect_within_s=60, at=now - 45_000)
    await store.connect_talk(offer.id, at=now - 42_000)
    await store.end_talk(offer.id, at=now - 12_000)
    await store.wrap_up(offer.id, MIA, code="solved", note=SCRIPT, at=now - 5_000)
    await store.set_presence(ZOE, PresenceState.AWAY, reason=IMAGE, lease_s=86_400, by=ZOE, at=now - 40_000)
    await wait_for_person(store, TALKING, ZOE, now - 35_000)


async def wait_for_person(store: Store, call: CallId, person: Person, at: int) -> QueueEntry:
    """Let the call's caller wait for this person, no matter who else is there."""
    entry = QueueEntry(
        EntryId(f"for {person}"), call, CARE, at, at, people=(person,), rings_ms=20_000, wrap_up=True
    )
    entered = await store.enter_queue(entry)
    assert entered is not None
    return entered


@asynccontextmanager
async def asking_for_help(store: Store) -> AsyncIterator[None]:
    """Let Nora, who talks with the caller of ON_HOLD, ask for help. At the end the talk is over."""
    now, nora, role = SystemClock().now_ms(), Person("Nora"), RoleName("service-desk")
    offer = OfferId(uuid4().hex)
    await store.set_presence(nora, PresenceState.AVAILABLE, lease_s=600, by=nora, at=now)
    entry = QueueEntry(EntryId(uuid4().hex), ON_HOLD, role, now, now, (nora,), 60_000, moved_at=now)
    await store.enter_queue(entry)
    await store.make_offer(offer, entry.id, nora, at=now)
    await store.accept_offer(offer, nora, connect_within_s=60, at=now)
    await store.connect_talk(offer, at=now)
    await store.move_help(offer, nora, Help.ASKED, at=now)
    try:
        yield
    finally:
        await store.move_help(offer, nora, Help.WITHDRAWN, at=SystemClock().now_ms())
        await store.end_talk(offer, at=SystemClock().now_ms())


async def _talking(store: Store, at: int) -> None:
    await store.open_call(Call(TALKING, IMAGE, SCRIPT, _FRONT, _HOLDER, _WORKER, at))
    await store.append_turn(
        TALKING, _FRONT, "Hello, how can I help you?", started_at=at + 900, ended_at=at + 2900
    )
    await store.append_turn(TALKING, CALLER, IMAGE, started_at=at + 4000, ended_at=at + 7000)
    await store.append_turn(TALKING, "<b>bold</b>", SCRIPT, started_at=at + 8000, ended_at=at + 9000)
    await store.add_request(
        OperatorRequest(
            RequestId(uuid4().hex),
            TALKING,
            IMAGE,
            RequestKind.NOTE,
            SCRIPT,
            "<u>mia</u>",
            uuid4().hex,
            at + 9500,
        )
    )
    left = Message(MessageId("paper-message"), TALKING, CARE, _FRONT, SCRIPT, IMAGE, LINK, at + 9550)
    await store.leave_message(left, job=_HOLDER, at_most=1)
    await store.note_trouble(Trouble(TALKING, "chat", "<i>429</i>", at + 9600))
    refused = _handoff(TALKING, uuid4().hex, _BILLING, at + 10_000, reason=IMAGE)
    await store.request_handoff(refused, at_most=5)
    ended = Outcome(HandoffState.CANCELLED, SCRIPT)
    await store.end_handoff(refused.id, ended, attempt_id=None, actor="<u>mia</u>", at=at + 11_000)


async def _waiting(store: Store, at: int) -> None:
    await store.open_call(Call(WAITING, "room-waiting", "a caller who waits", _FRONT, _HOLDER, _WORKER, at))
    asked = _handoff(WAITING, WAITING_HANDOFF, _TECHNICAL, at + 5000, reason="the router is red")
    asked = replace(asked, note="Be quick, they have waited long.", completes=Completes.OPERATOR)
    await _accepted(store, await store.request_handoff(asked, at_most=5), at + 5000)


async def _over(store: Store, at: int) -> None:
    await store.open_call(Call(OVER, "room-over", "a caller who left", _FRONT, _HOLDER, _WORKER, at))
    for number in range(HANDOFFS - 1):
        begun = at + number * 1000
        handoff = _handoff(OVER, f"paper-{number}", _BILLING, begun, reason=f"reason {number}")
        await store.request_handoff(handoff, at_most=HANDOFFS)
        ended = Outcome(HandoffState.CANCELLED, "a mistake")
        await store.end_handoff(handoff.id, ended, attempt_id=None, actor="mia", at=begun + 500)
    last = _handoff(OVER, COMPLETED_HANDOFF, _BILLING, at + 60_000, reason="you were charged twice")
    await _accepted(store, await store.request_handoff(last, at_most=HANDOFFS), at + 60_000)
    attempt, target = AttemptId(f"{last.id}-attempt"), JobId(f"{last.id}-target")
    await store.save_summary(
        last.id,
        json.dumps({"matter": SCRIPT, "facts": [{"name": IMAGE, "value": LINK}]}),
        SummarySource.MODEL,
    )
    await store.complete(last.id, attempt, target, at=at + 69_000)
    await store.save_timings(last.id, Timings(seam_ms=160, silence_ms=1060))
    await store.end_call(OVER, CallEnd.CALLER_LEFT, job=target, at=at + 90_000)


async def _cut_off(store: Store, at: int) -> None:
    call = Call(CUT_OFF, "room-cut-off", "sip_+491701234567", _FRONT, _HOLDER, _WORKER, at)
    await store.open_call(replace(call, caller_name=NAME, caller_number=NUMBER))
    await store.append_turn(CUT_OFF, CALLER, "مرحبا، فاتورتي", started_at=at + 900, ended_at=at + 2900)
    await store.request_handoff(
        _handoff(CUT_OFF, "paper-left", _BILLING, at + 5000, reason="zu hohe Rechnung"), at_most=5
    )
    await store.end_call(CUT_OFF, CallEnd.CALLER_LEFT, job=_HOLDER, at=at + 95_000)


async def _accepted(store: Store, handoff: Handoff, at: int) -> None:
    attempt, target = AttemptId(f"{handoff.id}-attempt"), JobId(f"{handoff.id}-target")
    begun = Attempt(id=attempt, handoff_id=handoff.id, target=handoff.target, started_at=at + 25)
    await store.begin_attempt(begun, previous=None, actor=_HOLDER)
    await store.claim_attempt(handoff.id, attempt, target, worker=_WORKER, at=at + 294)
    await store.accept(handoff.id, attempt, target, at=at + 585)


def _handoff(call: CallId, handoff: str, target: RoleName, at: int, *, reason: str) -> Handoff:
    return Handoff(
        id=HandoffId(handoff),
        call_id=call,
        from_role=_FRONT,
        from_job=_HOLDER,
        target=target,
        reason=reason,
        requested_by="model",
        idempotency_key=uuid4().hex,
        state=HandoffState.REQUESTED,
        requested_at=at,
    )
