"""How a holder executes an operator's request, and how the request's row ends."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from agents.monitors.call_end import EndCall, HandedOver
from errors import VoiceFailed
from persistence.records import CallEnd, CallId, JobId, RequestId, RequestKind, RequestState
from persistence.words import word_of
from tests.support.handoff_world import CALL, HOLDER
from tests.support.operators_world import GOODBYE, OperatedCall

pytestmark = pytest.mark.looptime

LATER_S = 0.3


async def ended(held: OperatedCall, request: RequestId) -> tuple[RequestState, str | None]:
    row = await held.row(request)
    return row.state, row.reason


async def test_operators_lines_are_spoken_in_the_order_of_their_requests() -> None:
    held = OperatedCall()
    async with held.monitored():
        first = await held.asks(RequestKind.SAY, "One moment.")
        second = await held.asks(RequestKind.SAY, "Here I am.")
        await asyncio.sleep(LATER_S)
        assert [(await held.row(row)).state for row in (first, second)] == [
            RequestState.TAKEN,
            RequestState.REQUESTED,
        ]
        await asyncio.sleep(5)
        assert held.voice.said == ["One moment.", "Here I am."]
        assert await ended(held, first) == await ended(held, second) == (RequestState.DONE, None)


async def test_an_operators_question_is_answered_and_its_failure_is_not_told_to_the_caller() -> None:
    held = OperatedCall()
    async with held.monitored():
        asked = await held.asks(RequestKind.ASK, "what are your opening hours")
        await held.voice.speaks.wait()
        assert held.acts.answering
        await asyncio.sleep(5)
        assert not held.acts.answering
        assert held.voice.answered == ["what are your opening hours"]
        assert await ended(held, asked) == (RequestState.DONE, None)


@pytest.mark.parametrize("kind", [RequestKind.SAY, RequestKind.ASK])
async def test_no_line_is_spoken_while_a_handoff_is_open(kind: RequestKind) -> None:
    held = OperatedCall()
    held.desk.open = True
    async with held.monitored():
        said = await held.asks(kind, "hello")
        await asyncio.sleep(LATER_S)
        assert await ended(held, said) == (RequestState.FAILED, "a handoff is under way")
    assert held.voice.said == held.voice.answered == []


async def test_a_line_without_words_is_refused() -> None:
    held = OperatedCall()
    async with held.monitored():
        said = await held.asks(RequestKind.SAY, " \n ")
        await asyncio.sleep(LATER_S)
        assert await ended(held, said) == (RequestState.FAILED, "it has no words")


@pytest.mark.parametrize(
    ("broken", "reason"),
    [(VoiceFailed, "the line was not spoken to its end"), (RuntimeError, "something broke")],
)
async def test_a_line_that_cannot_be_spoken_fails_and_the_next_is_tried(
    broken: type[Exception], reason: str
) -> None:
    held = OperatedCall()
    async with held.monitored():
        held.voice.broken = broken
        first = await held.asks(RequestKind.SAY, "One moment.")
        await asyncio.sleep(LATER_S)
        assert await ended(held, first) == (RequestState.FAILED, reason)
        held.voice.broken = None
        second = await held.asks(RequestKind.SAY, "Here I am.")
        await asyncio.sleep(5)
        assert await ended(held, second) == (RequestState.DONE, None)


async def test_an_interrupted_line_is_done_and_its_row_says_so() -> None:
    held = OperatedCall()
    held.voice.interrupted = True
    async with held.monitored():
        said = await held.asks(RequestKind.SAY, "A long story.")
        await asyncio.sleep(5)
        assert await ended(held, said) == (RequestState.DONE, "the caller did not hear all of it")


async def test_a_note_is_added_at_once_even_while_a_line_is_spoken() -> None:
    held = OperatedCall()
    held.voice.takes_s = 60
    async with held.monitored():
        await held.asks(RequestKind.SAY, "A long story.")
        await held.voice.speaks.wait()
        note = await held.asks(RequestKind.NOTE, "a regular")
        await asyncio.sleep(LATER_S)
        assert held.notes == ["a regular"]
        assert await ended(held, note) == (RequestState.DONE, None)


async def test_a_note_during_a_handoff_waits_for_the_next_holder() -> None:
    held = OperatedCall()
    async with held.monitored():
        held.desk.open = True
        note = await held.asks(RequestKind.NOTE, "a regular")
        await asyncio.sleep(5)
        assert (await held.row(note)).state is RequestState.REQUESTED
        held.desk.open = False  # the caller is back
        await asyncio.sleep(LATER_S)
        assert (await held.row(note)).state is RequestState.DONE


async def test_on_hold_an_operators_line_is_said_and_the_model_answers_nothing() -> None:
    held = OperatedCall()
    async with held.monitored():
        await held.store.hold_call(held.call.id, by="Ann", at=held.clock.now_ms())
        await asyncio.sleep(LATER_S)
        asked = await held.asks(RequestKind.ASK, "What is my balance?")
        said = await held.asks(RequestKind.SAY, "Somebody will be with you.")
        await asyncio.sleep(held.voice.takes_s + LATER_S)
        assert await ended(held, asked) == (RequestState.FAILED, "the caller is on hold")
        assert await ended(held, said) == (RequestState.DONE, None)
    assert held.voice.said == ["Somebody will be with you."]


async def test_the_holder_learns_that_its_call_was_closed_and_who_is_in_its_place() -> None:
    held = OperatedCall()
    async with held.monitored():
        job = held.call.holder_job
        await held.store.end_call(held.call.id, CallEnd.FAILED, job=job, at=held.clock.now_ms())
        await asyncio.sleep(LATER_S)
        assert held.over is not None
        assert held.over.ended_how is CallEnd.FAILED
        assert held.successor is None
        other = await held.store.open_call(replace(held.call, id=CallId("call-2"), holder_job=JobId("other")))
        await asyncio.sleep(LATER_S)
        assert held.successor == other


async def test_end_says_goodbye_and_hangs_up() -> None:
    held = OperatedCall()
    held.desk.open = True
    async with held.monitored():
        end = await held.asks(RequestKind.END)
        assert await held.ending.wait() == EndCall(CallEnd.OPERATOR, goodbye=GOODBYE, hang_up=True)
        assert held.desk.given_up == ["an operator ended the call, an operator"]
    assert await ended(held, end) == (RequestState.DONE, None)


async def test_the_end_of_the_call_interrupts_an_operators_line() -> None:
    held = OperatedCall()
    held.voice.takes_s = 300
    async with held.monitored():
        said = await held.asks(RequestKind.SAY, "A long story.")
        await held.voice.speaks.wait()
        end = await held.asks(RequestKind.END)
        await held.ending.wait()
        await asyncio.sleep(LATER_S)
        assert await ended(held, said) == (RequestState.FAILED, "the call ended")
    assert (await held.row(end)).state is RequestState.DONE
    assert held.voice.said == []


async def test_a_call_that_is_ending_already_is_not_ended_by_an_operator() -> None:
    held = OperatedCall()
    async with held.monitored():
        held.ending.decide(EndCall(CallEnd.CALLER_LEFT))
        end = await held.asks(RequestKind.END)
        await asyncio.sleep(LATER_S)
        assert await ended(held, end) == (RequestState.FAILED, "the call was ending already")


async def test_after_a_handoff_the_request_is_left_to_the_new_holder() -> None:
    held = OperatedCall()
    async with held.monitored():
        held.store.database.execute("UPDATE calls SET holder_job = 'job-target'")
        end = await held.asks(RequestKind.END)
        await asyncio.sleep(LATER_S)
        assert not held.ending.decided
        assert (await held.row(end)).state is RequestState.REQUESTED
        held.ending.decide(HandedOver())


@pytest.mark.parametrize("kind", [RequestKind.START, RequestKind.TOKEN])
async def test_a_request_that_is_not_for_an_agent_is_refused(kind: RequestKind) -> None:
    held = OperatedCall()
    async with held.monitored():
        held.store.database.execute("PRAGMA ignore_check_constraints = ON")  # the check would refuse the row
        asked = await held.asks(kind, "front-desk")
        await asyncio.sleep(LATER_S)
        assert await ended(held, asked) == (RequestState.FAILED, "not for an agent")


async def test_keys_are_pressed_beside_what_is_said_and_their_row_tells_how_it_ended() -> None:
    held = OperatedCall()
    async with held.monitored():
        await held.asks(RequestKind.SAY, "One moment.")
        pressed = await held.asks(RequestKind.KEYS, "3 for the caller's telephone")
        await asyncio.sleep(1 + LATER_S)
        assert not held.voice.said
        assert await ended(held, pressed) == (RequestState.DONE, None)
        held.not_pressed = "there is no such telephone in the call"
        refused = await held.asks(RequestKind.KEYS, "3 for the caller's telephone")
        await asyncio.sleep(LATER_S)
        assert await ended(held, refused) == (RequestState.FAILED, held.not_pressed)
    assert held.pressed == [pressed]


# --- requests to earlier holders


async def test_a_new_holder_takes_over_earlier_notes_and_closes_open_requests() -> None:
    held = OperatedCall(job=JobId("job-new"))
    before = OperatedCall(job=HOLDER)
    held.store = before.store
    await before.store.open_call(before.call)
    known, half_done, said = [
        await before.asks(kind, words)
        for kind, words in (
            (RequestKind.NOTE, "a regular"),
            (RequestKind.NOTE, "owes nothing"),
            (RequestKind.SAY, "One moment."),
        )
    ]
    for request in (known, half_done, said):
        await before.store.take_request(request, HOLDER)
    await before.store.end_request(known, RequestState.DONE, reason=None, actor=HOLDER, at=0)
    held.notes.append("in the brief")
    async with held.monitored():
        await asyncio.sleep(LATER_S)
        assert held.notes == ["in the brief", "a regular", "owes nothing"]
        assert await ended(held, half_done) == (RequestState.DONE, None)
        assert await ended(held, said) == (RequestState.FAILED, "the agent that was executing it is gone")
    assert not await held.store.requests(CALL, state=RequestState.TAKEN)


async def test_a_request_of_a_newer_version_is_left_to_an_agent_that_knows_its_kind() -> None:
    held = OperatedCall()
    held.store.database.execute("PRAGMA ignore_check_constraints = ON")
    async with held.monitored():
        newer = await held.asks(word_of(RequestKind, "sing"), "a song")
        note = await held.asks(RequestKind.NOTE, "a regular")
        await asyncio.sleep(LATER_S)
        assert await ended(held, note) == (RequestState.DONE, None)
        assert await ended(held, newer) == (RequestState.REQUESTED, None)
