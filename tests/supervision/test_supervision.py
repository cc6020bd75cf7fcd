"""A supervisor whispers, speaks with the caller, and takes over: who hears what, on the real stack.

Nobody needs a browser: tones show who is heard.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from local.caller.tape import RATE_HZ
from local.stack import Stack
from operators.acts import start_handoff
from persistence.access import ListenerMode
from persistence.people import OfferId, Person
from persistence.records import CALLER, OPERATOR, CallId, RequestKind, RequestState, RoleName
from tests.browser.care_team import PERSON, ROLE
from tests.supervision.supervising import (
    Office,
    is_available,
    office_of,
    sounds,
    supervising,
    takes_the_caller,
    tone,
    tone_level,
    tracks,
)
from tests.support.conversation import ANSWER_LIMIT_S, Conversation, conversation, until
from tests.support.said import likeliest

pytestmark = pytest.mark.asyncio(loop_scope="session")

STORY = "please tell me everything about your company"
HOURS = "then please tell me your opening hours"
COACHES = "no please stay with me I am still here"
ANSWER = "from eight to eight"
FAR_BELOW_DB = 60.0
WHISPER_S = 1.5
STEPS = ["coach", "barge", "take_over", "listen"]


async def test_a_model_heeds_a_whisper_and_is_silent_from_a_barge_until_the_call_is_given_back(
    stack: Stack, record_property: Callable[[str, object], None]
) -> None:
    async with conversation(stack) as talk, office_of(stack) as office:
        await talk.is_greeted()
        call = await talk.call()
        async with supervising(office, talk.room) as ann:
            await ann.is_heard(ListenerMode.COACH)
            await ann.says(COACHES)
            await until(lambda: _noted(office, call.id), "the whisper is a note that the model has")
            assert not tracks(talk.caller, supervisors=True), "a whisper is not even in the room"

            await talk.says(STORY)
            await talk.caller.hears(talk.desk, since_ms=talk.said.end_ms, limit_s=ANSWER_LIMIT_S)
            barged_ms = talk.caller.now_ms
            await ann.is_heard(ListenerMode.BARGE)
            await ann.sounds_until_heard_by(talk.caller)
            heard_ms = talk.caller.now_ms
            await ann.says(COACHES)
            await until(
                lambda: _said(talk, OPERATOR, COACHES), "the supervisor's words are in the transcript"
            )
            await talk.says(HOURS)
            await until(lambda: _said(talk, CALLER, HOURS), "the caller's words are written down")
            given_back_ms = talk.caller.now_ms
            await ann.is_heard(ListenerMode.LISTEN)
            await talk.is_told(ANSWER)
        ours = sounds(tracks(talk.caller, supervisors=False))
        before = [span for span in ours if span.start_ms < given_back_ms]
        record_property("barge_ms", before[-1].end_ms - barged_ms)
        assert all(span.start_ms <= heard_ms for span in before), "nobody was answered meanwhile"
        assert any(span.start_ms >= given_back_ms for span in ours), (
            "what was asked meanwhile was answered then"
        )
        told = [turn for turn in await talk.turns() if turn.speaker == call.holder_role]
        assert not [turn for turn in told if COACHES in turn.text]


async def test_a_whisper_to_a_person_is_theirs_alone_a_barge_is_everybodys_and_taking_over_lets_them_go(
    stack: Stack, record_property: Callable[[str, object], None]
) -> None:
    person = Person(PERSON)
    async with conversation(stack) as talk, office_of(stack, [RoleName(ROLE)]) as office:
        await talk.is_greeted()
        call = await talk.call()
        await is_available(office, person)
        async with supervising(office, talk.room) as ann:
            await start_handoff(
                office.context, call.id, RoleName(ROLE), reason="they want a person", by=ann.name
            )
            async with takes_the_caller(office, person) as (mia, offer):
                await until(lambda: _held_by(office, call.id, ROLE), "the person has the caller")
                await ann.is_heard(ListenerMode.COACH)
                await ann.sounds_until_heard_by(mia)
                since = talk.caller.now_ms * RATE_HZ // 1000
                await ann.voice.play(tone(WHISPER_S))
                whispered = max(tone_level(one.tape.laid_out()) for one in tracks(mia, supervisors=True))
                leaked = tone_level(talk.caller.audio()[since:])
                record_property("whisper_db", 20 * math.log10(whispered / leaked))
                assert 20 * math.log10(whispered / leaked) >= FAR_BELOW_DB
                assert not tracks(talk.caller, supervisors=True)

                await ann.is_heard(ListenerMode.BARGE)
                await ann.sounds_until_heard_by(talk.caller)
                await ann.is_heard(ListenerMode.TAKE_OVER)
                await until(lambda: _let_go(office, offer.id), "the person is let go")
            await ann.is_heard(ListenerMode.LISTEN)
            await until(lambda: _held_by(office, call.id, call.holder_role), "who handed over has them again")
        events = await office.store.events(call_id=call.id)
        moves = [one.moved_to for one in events if one.kind == "listener" and one.subject == ann.identity]
        assert [move for move in moves if move not in {"asked", "joined", "left"}] == STEPS
        now = office.context.clock.now_ms()
        await office.store.wrap_up(offer.id, person, code="solved", note="", at=now)


async def _noted(office: Office, call: CallId) -> bool:
    requests = await office.store.requests(call, state=RequestState.DONE)
    return any(one.kind is RequestKind.NOTE and one.requested_by == "Ann" for one in requests)


async def _said(talk: Conversation, speaker: str, line: str) -> bool:
    turns = [turn.text for turn in await talk.turns() if turn.speaker == speaker]
    return any(likeliest(words, line) == line for words in turns)


async def _held_by(office: Office, call: CallId, role: str) -> bool:
    row = await office.store.call(call)
    return row is not None and row.holder_role == role


async def _let_go(office: Office, offer: OfferId) -> bool:
    found = await office.store.offer(offer)
    return found is not None and found.ended_at is not None
