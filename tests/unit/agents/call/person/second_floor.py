"""A floor where a person asks a second one into a talk: a real store's rows, fake rooms and voices."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from agents.call.active_call import ActiveCall
from agents.call.person import second as module
from agents.call.person_holder import serve_person
from agents.monitors.call_end import CallEnding
from agents.redaction.redactor import Redactor
from agents.session.held_turns import HeldTurns
from errors import LineFailed
from people.queue_step import step
from persistence.people import EntryId, Offer, OfferId, Person, PresenceState, QueueEntry
from persistence.records import CALLER, Call, CallId, JobId, RoleName, Turn, WorkerId
from persistence.write_queue import WriteQueue
from tests.support.fakes import LoopClock
from tests.support.memory_store import MemoryDatabase, MemoryStore
from tests.unit.agents.call.test_person_holder import FRONT, FakeDesk, FakeOwnRoom, FakeVoice
from transfer.desk_protocol import DeskAct, DeskSituation

MIA, BEN = Person("Mia"), Person("Ben")
CARE, BILLS, CALL = RoleName("care"), RoleName("bills"), CallId("call-1")
RINGS_MS = 20_000
ASKED_FOR = "may I refund them?"
ROLE = "the bills team"


class FakeRoom(FakeOwnRoom):
    """A person's own room, with the person in it. `fails`: nobody can join it."""

    fails = False

    def __init__(self, *_: object) -> None:
        super().__init__()
        self.room = SimpleNamespace(remote_participants={})
        self.whispered: list[str] = []

    async def join(self) -> None:
        if self.fails:
            raise LineFailed("no room")

    async def whisper(self, _: object, words: str) -> None:
        self.whispered.append(words)


class FakeTalk:
    def __init__(self, offer: Offer, room: Any, *_: object, back_to: str = FRONT, **__: object) -> None:
        self.offer, self.room, self.back_to = offer, room, back_to
        self.leads, self.connected = True, False
        self.shown: list[object] = []
        self.ended: list[str] = []
        self.acts: asyncio.Queue[DeskAct] = asyncio.Queue()

    @property
    def now(self) -> DeskSituation:
        return [one for one in self.shown if isinstance(one, DeskSituation)][-1]

    def show(self, message: object) -> None:
        self.shown.append(message)

    def start(self) -> None: ...

    async def publish(self) -> None: ...

    async def unpublish(self) -> None: ...

    def connect(self) -> None:
        self.connected = True

    async def next_act(self) -> DeskAct:
        return await self.acts.get()

    async def decision(self, voice: object, words: str) -> DeskAct | None:
        await self.room.whisper(voice, words)
        return await self.acts.get()

    async def end(self, why: str) -> None:
        self.ended.append(why)


class FakeSecond:
    def __init__(self, talk: FakeTalk) -> None:
        self.talk, self.connected = talk, False
        talk.leads = False

    async def connect(self, _: FakeTalk) -> None:
        self.connected = True
        self.talk.connect()

    async def alone(self) -> FakeTalk:
        self.connected, self.talk.leads = False, True
        return self.talk

    async def end(self, why: str) -> None:
        self.connected = False
        await self.talk.end(why)


class Floor:
    """Mia talks with a caller; Ben is at a desk of another role.

    Her role redacts e-mail addresses, his redacts card numbers. `kept`: the text of each turn as stored.
    """

    def __init__(self) -> None:
        self.clock = LoopClock()
        self.kept: list[str] = []
        self.redactor = Redactor(["email"])
        self.turns = HeldTurns(self.redactor, lambda turn: self.kept.append(turn.text))
        self.store = MemoryStore(database=MemoryDatabase(self.clock.now_ms))
        self.write_queue, self.voice, self.desk = WriteQueue(), FakeVoice(), FakeDesk()
        self.ending = CallEnding()
        self.fake: Any = None
        self.mia: FakeTalk

    @property
    def ben(self) -> FakeTalk:
        """Ben's talk, while he is asked in by Mia."""
        return cast(FakeTalk, self.fake.second.talk)

    async def opens(self) -> None:
        now = self.clock.now_ms()
        await self.store.open_call(Call(CALL, "room", "caller", CARE, JobId("job"), WorkerId("w"), now))
        for person in (MIA, BEN):
            await self.store.set_presence(person, PresenceState.AVAILABLE, lease_s=3_600, by=person, at=now)
        await self.store.enter_queue(self.entry("entry-1", CARE, MIA))
        offer = await self.store.make_offer(OfferId("mia"), EntryId("entry-1"), MIA, at=now)
        assert offer is not None
        await self.store.accept_offer(offer.id, MIA, connect_within_s=60, at=now)
        connected = await self.store.connect_talk(offer.id, at=now)
        self.mia = FakeTalk(connected, FakeRoom())
        self.fake = self._call()

    def entry(self, name: str, role: RoleName, *people: Person, **fields: Any) -> QueueEntry:
        now = self.clock.now_ms()
        entry = QueueEntry(EntryId(name), CALL, role, now, now, people, RINGS_MS, moved_at=now)
        return replace(entry, **fields)

    async def asks(self, name: str = "entry-2", *people: Person) -> None:
        entry = self.entry(
            name,
            BILLS,
            *(people or (BEN,)),
            overflows_at=self.clock.now_ms() + RINGS_MS + 2_000,
            asked_by=OfferId("mia"),
            asked_for=ASKED_FOR,
        )
        await self.store.ask_in(entry, by=MIA)

    async def takes(self) -> Offer:
        """Have Ben accept the offer that rings at his desk."""
        await asyncio.sleep(2)
        (offer,) = await self.store.offers(ringing=True)
        await self.store.accept_offer(offer.id, BEN, connect_within_s=60, at=self.clock.now_ms())
        await asyncio.sleep(1)
        return offer

    async def joins(self) -> Offer:
        offer = await self.takes()
        self.ben.acts.put_nowait(DeskAct(act="put_through"))
        await asyncio.sleep(1)
        return offer

    def hears(self, words: str, *, began_at: int | None = None) -> str:
        """Add a caller's turn and return its text as stored. `began_at`: ms UTC; None: now."""
        now = self.clock.now_ms()
        self.turns.add(Turn(CALL, 0, CALLER, words, now if began_at is None else began_at, now))
        return self.kept[-1]

    async def offer(self, offer_id: str) -> Offer:
        found = await self.store.offer(OfferId(offer_id))
        assert found is not None
        return found

    async def asked(self) -> QueueEntry:
        return (await self.store.asked_in(CALL))[-1]

    async def has_left(self, offer: Offer) -> None:
        await self.store.leave_talk(offer.id, offer.person, at=self.clock.now_ms())
        await asyncio.sleep(1)

    def _call(self) -> Any:
        role = SimpleNamespace(
            id=CARE,
            name="our care team",
            phones=None,
            redact=("email",),
            spoken_lines=SimpleNamespace(one_moment="One moment."),
        )
        roles = {CARE: role, BILLS: SimpleNamespace(id=BILLS, name=ROLE, redact=("card",))}
        settings = SimpleNamespace(livekit=None, handoff=SimpleNamespace(person_brief_limit_s=30.0))
        return SimpleNamespace(
            person=self.mia,
            second=None,
            leaving=None,
            desk=self.desk,
            voice=self.voice,
            store=self.store,
            ending=self.ending,
            role=role,
            current_role=role,
            redactor=self.redactor,
            row=SimpleNamespace(id=CALL, caller="caller"),
            ctx=SimpleNamespace(room=None, job=SimpleNamespace(id="job")),
            session=SimpleNamespace(tts="voice"),
            facts={},
            turns=SimpleNamespace(on_turn=None, turns=()),
            hold=SimpleNamespace(is_on=False),
            apart=False,
            supervision=SimpleNamespace(listeners=(), has_floor=False),
            process=SimpleNamespace(
                clock=self.clock,
                write_queue=self.write_queue,
                settings=settings,
                roster=SimpleNamespace(roles=roles),
            ),
        )


@asynccontextmanager
async def open_floor(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Floor]:
    """Yield a floor on which a task serves the queue and the call's agent serves Mia."""
    for name, fake in (("PersonsRoom", FakeRoom), ("PersonTalk", FakeTalk), ("SecondTalk", FakeSecond)):
        monkeypatch.setattr(module, name, fake)
    floor = Floor()
    await floor.opens()

    async def queue() -> None:
        while True:
            await step(floor.store, floor.clock)
            await asyncio.sleep(0.5)

    serving = [asyncio.create_task(queue()), asyncio.create_task(serve_person(cast(ActiveCall, floor.fake)))]
    try:
        yield floor
    finally:
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)
        await floor.write_queue.close(1)
