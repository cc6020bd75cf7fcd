from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from agents.redaction.kinds import KINDS
from errors import HandoffOpen, HandoffsSpent, LineFailed
from operators.act_refused import (
    CallOver,
    StaleState,
    TargetNotAllowed,
    UnknownCall,
    UnknownHandoff,
    WordsRefused,
)
from operators.acts import (
    ActContext,
    approve,
    ask_holder,
    cancel,
    redirect,
    start_agent,
    start_handoff,
    take_back,
)
from persistence.records import (
    Call,
    CallEnd,
    CallId,
    Completes,
    Handoff,
    HandoffId,
    HandoffState,
    RequestKind,
    RequestState,
    RoleName,
)
from persistence.sqlite import open_store
from tests.contract.building import (
    BILLING,
    CALL,
    FIRST,
    FRONT_DESK,
    HANDOFF,
    HOLDER,
    START,
    TARGET,
    TECHNICAL,
    WORKER,
    a_call,
    a_handoff,
    an_attempt,
)
from tests.support.database import make_database
from transfer.livekit.server_api import ServerApi
from transfer.protocol import AnswerCall

ANNA, BEN = "anna", "ben"
NOBODY = RoleName("")


class FakeServer(ServerApi):
    """Records which holders it had to nudge and which agents it had to dispatch. Makes no request."""

    def __init__(self) -> None:
        self.nudged: list[str] = []
        self.dispatched: list[tuple[str, object]] = []
        self.failing = False

    async def nudge(self, call: Call) -> None:
        self.nudged.append(call.holder_job)

    async def dispatch(self, room: str, task: object) -> str:
        if self.failing:
            raise LineFailed("livekit-server did not dispatch an agent")
        self.dispatched.append((room, task))
        return "dispatch-1"


class StillClock:
    def now_ms(self) -> int:
        return START


@pytest.fixture
def server() -> FakeServer:
    return FakeServer()


@pytest.fixture
async def context(tmp_path: Path, server: FakeServer) -> AsyncIterator[ActContext]:
    path = tmp_path / "baton.db"
    make_database(path)
    async with open_store(path) as store:
        await store.open_call(a_call())
        yield ActContext(store, server, (FRONT_DESK, BILLING, TECHNICAL), StillClock(), handoffs_per_call=2)


async def started(context: ActContext, *, key: str | None = None) -> Handoff:
    handoff, _ = await start_handoff(context, CALL, BILLING, reason="you want your money", by=ANNA, key=key)
    return handoff


async def completed(context: ActContext) -> None:
    handoff = await started(context)
    await context.store.begin_attempt(an_attempt(handoff_id=handoff.id), previous=None, actor=HOLDER)
    await context.store.claim_attempt(handoff.id, FIRST, TARGET, worker=WORKER, at=START)
    await context.store.accept(handoff.id, FIRST, TARGET, at=START)
    await context.store.complete(handoff.id, FIRST, TARGET, at=START)


async def test_a_started_handoff_is_a_row_before_its_holder_is_nudged(
    context: ActContext, server: FakeServer
) -> None:
    handoff, is_new = await start_handoff(
        context, CALL, BILLING, reason="you want your money", by=ANNA, note="a good customer"
    )
    assert is_new
    assert await context.store.handoff(handoff.id) == handoff
    assert (handoff.state, handoff.requested_by, handoff.from_job) == (HandoffState.REQUESTED, ANNA, HOLDER)
    assert (handoff.note, handoff.completes) == ("a good customer", Completes.AUTO)
    assert server.nudged == [HOLDER]


async def test_the_same_key_starts_one_handoff_even_after_the_call(context: ActContext) -> None:
    first = await started(context, key="once")
    assert await context.store.end_call(CALL, CallEnd.CALLER_LEFT, job=HOLDER, at=START)
    again, is_new = await start_handoff(context, CALL, BILLING, reason="the same", by=ANNA, key="once")
    assert (again.id, is_new) == (first.id, False)


async def test_a_second_operator_learns_which_handoff_is_open(context: ActContext) -> None:
    first = await started(context)
    with pytest.raises(HandoffOpen) as refused:
        await start_handoff(context, CALL, TECHNICAL, reason="no line", by=BEN)
    assert refused.value.handoff_id == first.id


async def test_a_call_has_so_many_handoffs_and_no_more(context: ActContext) -> None:
    for _ in range(2):
        await cancel(context, (await started(context)).id, by=ANNA)
    with pytest.raises(HandoffsSpent):
        await started(context)


@pytest.mark.parametrize("target", ["front-desk", "nobody", ""])
async def test_a_target_is_another_role_of_the_roster(context: ActContext, target: str) -> None:
    with pytest.raises(TargetNotAllowed) as refused:
        await start_handoff(context, CALL, RoleName(target), reason="why not", by=ANNA)
    assert refused.value.allowed == ["billing", "technical"]


async def test_unknown_calls_and_calls_that_are_over_are_told_apart(context: ActContext) -> None:
    with pytest.raises(UnknownCall):
        await start_handoff(context, CallId("call-0"), BILLING, reason="why not", by=ANNA)
    await context.store.end_call(CALL, CallEnd.GOODBYE, job=HOLDER, at=START)
    with pytest.raises(CallOver, match="goodbye"):
        await started(context)


async def test_a_call_is_taken_back_to_whoever_held_it_before(context: ActContext) -> None:
    with pytest.raises(TargetNotAllowed):
        await take_back(context, CALL, None, reason="again", by=ANNA)
    await completed(context)
    handoff, is_new = await take_back(context, CALL, None, reason="you were not done", by=ANNA)
    assert (handoff.target, handoff.from_job, is_new) == (FRONT_DESK, TARGET, True)


async def test_it_is_taken_back_to_no_role_that_never_held_it(context: ActContext) -> None:
    await completed(context)
    with pytest.raises(TargetNotAllowed) as refused:
        await take_back(context, CALL, TECHNICAL, reason="again", by=ANNA)
    assert refused.value.allowed == ["front-desk"]


async def test_of_two_who_cancel_the_second_learns_who_did(context: ActContext) -> None:
    handoff = await started(context)
    assert (await cancel(context, handoff.id, by=ANNA)).state is HandoffState.CANCELLED
    with pytest.raises(StaleState) as refused:
        await cancel(context, handoff.id, by=BEN)
    assert (refused.value.state, refused.value.by) == ("cancelled", ANNA)


async def test_only_an_accepted_handoff_that_waits_is_approved(context: ActContext) -> None:
    handoff, _ = await start_handoff(
        context, CALL, BILLING, reason="you want your money", by=ANNA, completes=Completes.OPERATOR
    )
    with pytest.raises(StaleState, match="requested"):
        await approve(context, handoff.id, by=BEN)
    await context.store.begin_attempt(an_attempt(handoff_id=handoff.id), previous=None, actor=HOLDER)
    await context.store.claim_attempt(handoff.id, FIRST, TARGET, worker=WORKER, at=START)
    await context.store.accept(handoff.id, FIRST, TARGET, at=START)
    assert (await approve(context, handoff.id, by=BEN)).approved_by == BEN
    with pytest.raises(StaleState) as refused:
        await approve(context, handoff.id, by=ANNA)
    assert (refused.value.by, refused.value.moved_to) == (BEN, "approved")


async def test_a_handoff_is_redirected_to_neither_its_target_nor_its_holder(context: ActContext) -> None:
    handoff = await started(context)
    with pytest.raises(TargetNotAllowed) as refused:
        await redirect(context, handoff.id, BILLING, by=ANNA)
    assert refused.value.allowed == ["technical"]
    assert (await redirect(context, handoff.id, TECHNICAL, by=ANNA)).redirect_to == TECHNICAL


async def test_acts_on_unknown_handoffs_say_so(context: ActContext) -> None:
    for act in (approve(context, HandoffId("x"), by=ANNA), cancel(context, HandoffId("x"), by=ANNA)):
        with pytest.raises(UnknownHandoff):
            await act
    with pytest.raises(UnknownHandoff):
        await redirect(context, HandoffId("x"), BILLING, by=ANNA)


async def test_words_for_the_caller_wait_for_no_handoff(context: ActContext) -> None:
    await context.store.request_handoff(a_handoff(), at_most=2)
    for kind in (RequestKind.SAY, RequestKind.ASK):
        with pytest.raises(HandoffOpen, match=HANDOFF):
            await ask_holder(context, CALL, kind, "hello", by=ANNA)
    note = await ask_holder(context, CALL, RequestKind.NOTE, "a good customer", by=ANNA)
    assert note.state is RequestState.REQUESTED


@pytest.mark.parametrize(
    "words", ["", " \n", "🙂", "<speak>hello</speak>", "<b>hello</b>", "a <break time='1s'/> b", "x" * 2001]
)
async def test_words_that_cannot_be_spoken_are_refused(context: ActContext, words: str) -> None:
    with pytest.raises(WordsRefused):
        await ask_holder(context, CALL, RequestKind.SAY, words, by=ANNA)
    assert not await context.store.requests(CALL)


async def test_words_are_joined_to_one_line_and_asked_for_once(
    context: ActContext, server: FakeServer
) -> None:
    first = await ask_holder(context, CALL, RequestKind.SAY, " We open\nat 8 < 9 \n", by=ANNA, key="once")
    again = await ask_holder(context, CALL, RequestKind.SAY, "something else", by=ANNA, key="once")
    assert first.words == again.words == "We open at 8 < 9"
    assert server.nudged == [HOLDER]


async def test_an_agent_is_put_into_a_room_once_a_key(context: ActContext, server: FakeServer) -> None:
    for _ in range(2):
        request = await start_agent(context, "room-9", BILLING, by=ANNA, key="once")
        assert request.state is RequestState.DONE
    assert server.dispatched == [("room-9", AnswerCall(role="billing"))]


async def test_a_dispatch_that_livekit_refused_is_on_the_row(context: ActContext, server: FakeServer) -> None:
    server.failing = True
    request = await start_agent(context, "room-9", BILLING, by=ANNA)
    assert (request.state, request.reason) == (
        RequestState.FAILED,
        "livekit-server did not dispatch an agent",
    )
    with pytest.raises(TargetNotAllowed):
        await start_agent(context, "room-9", NOBODY, by=ANNA)


async def test_words_with_what_a_role_does_not_store_are_refused_and_no_row_has_them(
    context: ActContext,
) -> None:
    number, kinds = "020 7946 0958", KINDS
    context = replace(context, redacts={BILLING: kinds})
    with pytest.raises(WordsRefused, match="have what billing does not store: telephone; leave it out"):
        await start_handoff(context, CALL, BILLING, reason="you want your money", note=number, by=ANNA)
    handoff, _ = await start_handoff(context, CALL, TECHNICAL, reason="you have a question", by=ANNA)
    with pytest.raises(WordsRefused):
        await redirect(context, handoff.id, BILLING, by=ANNA, reason=f"call {number}")
    moved = await redirect(context, handoff.id, BILLING, by=ANNA, reason="order 4711")
    with pytest.raises(WordsRefused):
        await cancel(replace(context, redacts={FRONT_DESK: kinds}), handoff.id, by=ANNA, reason=number)
    assert moved.redirect_reason == "order 4711"

    at_billing = replace(context, redacts={FRONT_DESK: kinds})
    for kind in (RequestKind.NOTE, RequestKind.SAY):
        with pytest.raises(WordsRefused):
            await ask_holder(at_billing, CALL, kind, f"it is {number}", by=ANNA)
    assert not await context.store.requests(CALL)


async def test_words_are_also_refused_for_the_target_of_an_open_handoff(context: ActContext) -> None:
    context = replace(context, redacts={BILLING: KINDS})
    await ask_holder(context, CALL, RequestKind.NOTE, "call 020 7946 0958", by=ANNA)
    handoff = await started(context)
    with pytest.raises(WordsRefused, match="have what billing does not store"):
        await ask_holder(context, CALL, RequestKind.NOTE, "call 020 7946 0958", by=ANNA)
    await redirect(context, handoff.id, TECHNICAL, by=ANNA)
    at_technical = replace(context, redacts={TECHNICAL: KINDS})
    with pytest.raises(WordsRefused, match="have what technical does not store"):
        await ask_holder(at_technical, CALL, RequestKind.NOTE, "call 020 7946 0958", by=ANNA)
