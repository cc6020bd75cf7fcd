"""A person who takes over a call sees all that was said, however late it is stored. Virtual time."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest
from livekit import rtc

from agents.jobs.person_stage import PersonStage
from agents.session.transcript import Transcript
from persistence.people import OfferId
from persistence.records import CALLER, RoleName
from persistence.write_queue import WriteQueue
from tests.contract.building import BILLING, CALL, HANDOFF, START, a_call, a_handoff
from tests.support.fakes import LoopClock
from tests.support.memory_store import MemoryStore
from transfer.desk_protocol import DeskWords
from transfer.protocol import Brief, TakeHandoff

pytestmark = pytest.mark.looptime

HOLDER, FRONT = "agent-holder", RoleName("front-desk")
ASKS, WHILE_READING, ON_THE_WAY, LATE = (
    "A person, please.",
    "Are you there?",
    "I have my bill here.",
    "It is blue.",
)


class FakeTalk:
    def __init__(self) -> None:
        self.offer = SimpleNamespace(id=OfferId("offer"))
        self.shown: list[object] = []

    @property
    def words(self) -> list[str]:
        return [one.words for one in self.shown if isinstance(one, DeskWords)]

    def show(self, message: object) -> None:
        self.shown.append(message)

    def connect(self) -> None: ...

    async def first_sound(self) -> None: ...


class Taking:
    """Billing's person; once `reads` is done, they have read the brief with the caller's first words."""

    def __init__(self) -> None:
        self.store, self.talk, self.room = MemoryStore(), FakeTalk(), rtc.EventEmitter[str]()
        clock, write_queue = LoopClock(), WriteQueue()
        turns = Transcript(self.store, CALL, BILLING, clock, write_queue)
        call = SimpleNamespace(turns=turns, hold=SimpleNamespace(is_on=False), leaving=None)
        process = SimpleNamespace(
            clock=clock, write_queue=write_queue, roster=SimpleNamespace(roles={}), settings=None
        )
        task = TakeHandoff(
            role=BILLING, call=CALL, handoff=HANDOFF, attempt="attempt", holder=HOLDER, caller="caller"
        )
        role: Any = SimpleNamespace(id=BILLING, opening_line=str)
        self.stage = PersonStage(
            cast(Any, SimpleNamespace(room=self.room)), cast(Any, process), self.store, role, task
        )
        self.stage._call, self.stage._talk = cast(Any, call), cast(Any, self.talk)

    async def reads(self) -> None:
        await self.store.open_call(a_call())
        await self.store.request_handoff(a_handoff(), at_most=5)
        await self.says(ASKS)
        await self.stage._as_it_stands(Brief(reason="", from_role=FRONT), None)

    async def says(self, words: str) -> None:
        """Store words of the caller, as the holder does."""
        at = START + 1_000
        await self.store.append_turn(CALL, CALLER, words, started_at=at, ended_at=at, typed=False, nod=False)


async def test_the_page_shows_once_what_was_said_since_the_brief_and_what_the_holder_heard_last() -> None:
    taking = Taking()
    await taking.reads()
    await taking.says(WHILE_READING)
    await taking.stage.call.turns.load()
    await taking.stage.go_on_air((WHILE_READING, ON_THE_WAY))
    assert taking.talk.words == [WHILE_READING, ON_THE_WAY]
    ending = asyncio.create_task(taking.stage.take_up())
    await asyncio.sleep(2)
    for words in (ON_THE_WAY, LATE):
        await taking.says(words)
    left = SimpleNamespace(identity=HOLDER, disconnect_reason=rtc.DisconnectReason.CLIENT_INITIATED)
    taking.room.emit("participant_disconnected", left)
    await ending
    assert taking.talk.words == [WHILE_READING, ON_THE_WAY, LATE]
    assert [turn.text for turn in taking.stage.call.turns.turns][-1] == LATE, "the next one is told, too"
    assert asyncio.get_running_loop().time() < 3, "nobody waits for a holder who has left"


async def test_why_a_person_gives_a_caller_back_is_kept_as_their_role_and_the_holders_redact_it() -> None:
    stage = Taking().stage
    stage._role = cast(Any, SimpleNamespace(redact=("card",)))
    stage._process.roster.roles[FRONT] = cast(Any, SimpleNamespace(redact=("email",)))  # type: ignore[index]
    why = stage._as_kept("4111 1111 1111 1111 of jane@example.com", Brief(reason="", from_role=FRONT))
    assert why == "[card number ending 1111] of [e-mail address]"
