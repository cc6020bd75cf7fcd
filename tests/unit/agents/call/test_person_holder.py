"""The holder of a person's call: what the person asks for, and what follows when they leave. Virtual time."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from agents.call.active_call import ActiveCall
from agents.call.person.lost import CUT_OFF
from agents.call.person_holder import GONE, end_person, recorded_end, serve_person
from agents.monitors.call_end import CallEnding, EndCall
from errors import StaleHandoff
from persistence.people import PresenceState
from persistence.phones import Refer
from persistence.records import CALLER, RULE, CallEnd, CallId, RoleName, Turn
from persistence.write_queue import WriteQueue
from tests.support.fakes import LoopClock
from transfer.desk_protocol import DeskAct, DeskSituation, DeskWords

pytestmark = pytest.mark.looptime

FRONT = RoleName("front-desk")


class FakeOwnRoom:
    """The person is here until `leaves`; `returns` brings them back."""

    def __init__(self) -> None:
        self.here, self.away = asyncio.Event(), asyncio.Event()
        self.returns()

    def leaves(self) -> None:
        self.here.clear()
        self.away.set()

    def returns(self) -> None:
        self.away.clear()
        self.here.set()

    async def comes_within(self, limit_s: float) -> bool:
        try:
            async with asyncio.timeout(limit_s):
                return await self.here.wait()
        except TimeoutError:
            return False


class FakeTalk:
    def __init__(self) -> None:
        self.room, self.back_to = FakeOwnRoom(), FRONT
        self.offer = SimpleNamespace(id="offer-1", person="Mia")
        self.acts: asyncio.Queue[DeskAct] = asyncio.Queue()
        self.shown: list[object] = []
        self.ended: list[str] = []
        self.connected = False

    def show(self, message: object) -> None:
        self.shown.append(message)

    async def next_act(self) -> DeskAct:
        return await self.acts.get()

    def connect(self) -> None:
        self.connected = True

    async def end(self, why: str) -> None:
        self.ended.append(why)


class FakeDesk:
    def __init__(self) -> None:
        self.busy = False
        self.back: list[tuple[str, str, str]] = []

    def hand_back(self, target: str, reason: str, *, by: str) -> None:
        self.back.append((target, reason, by))
        self.busy = True


class FakeVoice:
    """Records what the caller hears, and when, on the loop's clock."""

    def __init__(self) -> None:
        self.heard: list[tuple[float, str]] = []

    def _note(self, what: str) -> None:
        self.heard.append((asyncio.get_running_loop().time(), what))

    async def speak(self, line: str) -> None:
        self._note(line)

    async def start_music(self) -> bool:
        self._note("music")
        return True

    async def stop_music(self) -> None:
        self._note("no music")

    def open_ears(self) -> None:
        self._note("listens")


class FakeStore:
    def __init__(self) -> None:
        self.over: list[str] = []
        self.away: list[tuple[str, str, str]] = []
        self.told: list[str] = []

    async def offer(self, _: str) -> object:
        return SimpleNamespace(ended_at=None)

    async def asked_in(self, _: str) -> list[object]:
        return []

    async def lose_person(self, offer: str, *, at: int) -> None:
        self.told.append(f"{offer} lost")

    async def find_person(self, offer: str, *, at: int) -> None:
        self.told.append(f"{offer} back")

    async def end_talk(self, offer: str, *, at: int) -> None:
        self.over.append(offer)
        raise StaleHandoff(offer)  # as if the end of the call had already ended the talk

    async def set_presence(self, person: str, state: str, *, reason: str, **_: object) -> None:
        assert not self.over, "else the next caller would ring there"
        self.away.append((person, state, reason))


class FakeLeaving:
    def __init__(self, outcome: Refer) -> None:
        self._outcome = outcome

    async def ask(self) -> Refer:
        await asyncio.sleep(3)
        return self._outcome

    async def has_left(self, within_s: float) -> bool:
        return self._outcome is Refer.LEFT


class World:
    def __init__(self) -> None:
        self.talk, self.desk, self.voice, self.store = FakeTalk(), FakeDesk(), FakeVoice(), FakeStore()
        self.ending, self.write_queue = CallEnding(), WriteQueue()
        lines = SimpleNamespace(one_moment="One moment.")
        role = SimpleNamespace(name="our care team", spoken_lines=lines, phones=None)
        fake: Any = SimpleNamespace(
            person=self.talk,
            second=None,
            leaving=None,
            desk=self.desk,
            voice=self.voice,
            store=self.store,
            ending=self.ending,
            role=role,
            row=SimpleNamespace(id="call-1"),
            turns=SimpleNamespace(on_turn=None),
            hold=SimpleNamespace(is_on=False),
            process=SimpleNamespace(
                clock=LoopClock(), write_queue=self.write_queue, roster=SimpleNamespace(roles={"care": role})
            ),
        )
        fake.apart = False
        fake.supervision = SimpleNamespace(listeners=(), has_floor=False)
        self.fake, self.call = fake, cast(ActiveCall, fake)

    def serve(self) -> asyncio.Task[None]:
        return asyncio.create_task(serve_person(self.call))


async def ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_hang_up_ends_the_call_and_hand_back_asks_for_the_desk_that_handed_over() -> None:
    world = World()
    serving = world.serve()
    world.talk.acts.put_nowait(DeskAct(act="hand_back", reason="it is about a bill"))
    world.talk.acts.put_nowait(DeskAct(act="hang_up"))
    assert await world.ending.wait() == EndCall(CallEnd.GOODBYE, hang_up=True)
    assert world.desk.back == [(FRONT, "it is about a bill", "Mia")]
    await ended(serving)


async def test_the_page_shows_both_sides_and_where_the_person_is_with_the_caller() -> None:
    world = World()
    serving = world.serve()
    await asyncio.sleep(1)
    for speaker, words in ((CALLER, "Hello?"), ("care", "Good morning.")):
        world.fake.turns.on_turn(Turn(CallId("call-1"), 1, speaker, words, 0, 0))
    world.fake.hold.is_on = True
    await asyncio.sleep(1)
    assert world.talk.shown == [
        DeskSituation(now="talking"),
        DeskWords(speaker="", words="Hello?"),
        DeskWords(speaker="our care team", words="Good morning."),
        DeskSituation(now="hold"),
    ]
    await ended(serving)


async def test_a_person_who_is_back_soon_goes_on_and_the_caller_heard_words_and_music_meanwhile() -> None:
    world = World()
    serving = world.serve()
    world.talk.room.leaves()
    await asyncio.sleep(5)
    world.talk.room.returns()
    await asyncio.sleep(1)
    assert [what for _, what in world.voice.heard] == ["One moment.", "music", "no music"]
    assert world.voice.heard[0][0] <= 2, "the caller is not without a sound for longer"
    assert not serving.done()
    assert not world.desk.back
    assert world.store.told == ["offer-1 lost", "offer-1 back"]
    await ended(serving)


async def test_a_person_who_stays_away_gives_the_caller_back_within_ten_seconds() -> None:
    world = World()
    serving = world.serve()
    world.talk.room.leaves()
    await asyncio.wait_for(serving, 10)
    assert world.desk.back == [(FRONT, GONE, RULE)]
    assert world.call.person is None, "if nobody takes the caller back, the model answers them"
    assert world.talk.ended == [GONE]
    await world.write_queue.close(1)
    assert (world.store.told, world.store.over) == (["offer-1 lost"], ["offer-1"])
    assert world.store.away == [("Mia", PresenceState.AWAY, CUT_OFF)]


async def test_the_end_of_the_talk_is_written_once_and_a_call_without_a_person_has_none() -> None:
    world = World()
    await end_person(world.call, "")
    await end_person(world.call, "")
    assert world.talk.ended == ["the caller was handed over"]
    await serve_person(world.call)
    await world.write_queue.close(1)
    assert world.store.over == ["offer-1"]


async def test_a_caller_who_cannot_leave_hears_words_after_the_music_and_is_bridged() -> None:
    world = World()
    world.fake.leaving = FakeLeaving(Refer.REFUSED)
    serving = world.serve()
    await asyncio.sleep(4)
    assert world.voice.heard == [(0, "music"), (3, "no music"), (3, "One moment.")]
    assert world.talk.connected
    await world.talk.acts.put(DeskAct(act="hang_up"))
    assert await world.ending.wait() == EndCall(CallEnd.GOODBYE, hang_up=True)
    await ended(serving)


async def test_a_caller_who_cannot_leave_goes_back_if_the_person_has_put_the_telephone_down() -> None:
    world = World()
    world.fake.leaving = FakeLeaving(Refer.BUSY)
    serving = world.serve()
    await asyncio.sleep(1)
    world.talk.room.leaves()
    await asyncio.sleep(3)
    assert world.desk.back == [(FRONT, GONE, RULE)]
    assert not world.talk.connected
    await serving


async def test_a_caller_who_leaves_for_the_persons_telephone_is_recorded_as_transferred() -> None:
    """The agent may see the caller leave before the provider's answer, or not at all."""
    world = World()
    world.fake.leaving = FakeLeaving(Refer.LEFT)
    left = EndCall(CallEnd.TRANSFERRED, hang_up=True)
    assert await recorded_end(world.call, EndCall(CallEnd.CALLER_LEFT)) == left
    assert await recorded_end(world.call, EndCall(CallEnd.OPERATOR)) == EndCall(CallEnd.OPERATOR)
    serving = world.serve()
    assert await world.ending.wait() == left
    assert not world.talk.connected
    await serving


@pytest.mark.parametrize(
    ("kind", "refer", "how"),
    [
        ("blind", Refer.LEFT, CallEnd.TRANSFERRED),
        ("blind", Refer.BUSY, CallEnd.CALLER_LEFT),
        ("blind", Refer.ASKED, CallEnd.CALLER_LEFT),
        ("attended", Refer.LEFT, CallEnd.CALLER_LEFT),
    ],
)
async def test_a_caller_whom_another_process_has_sent_away_is_recorded_as_transferred(
    kind: str, refer: Refer, how: CallEnd
) -> None:
    """The store has the outcome; the agent reads it only if a role sends callers away (`refer: blind`)."""
    world = World()

    async def dials(_: CallId) -> list[SimpleNamespace]:
        return [SimpleNamespace(refer=refer), SimpleNamespace(refer=None)]

    world.fake.store = SimpleNamespace(dials=dials)
    plan = SimpleNamespace(rules=SimpleNamespace(refer=kind))
    roles = {"front-desk": SimpleNamespace(phones=None), "warehouse": SimpleNamespace(phones=plan)}
    world.fake.process.roster = SimpleNamespace(roles=roles)
    end = await recorded_end(world.call, EndCall(CallEnd.CALLER_LEFT))
    assert isinstance(end, EndCall)
    assert end.how is how
