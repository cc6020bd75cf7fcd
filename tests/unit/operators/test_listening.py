"""A call's listeners are in its events, and are removed from the room once they may no longer listen."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from operators.acts import ActContext
from operators.acts.listening import look_at_listeners
from persistence.access import Listener, ListenerMode, ListenerState
from persistence.records import CallEnd
from tests.contract.building import CALL, HOLDER, START, a_call
from tests.support.memory_store import MemoryStore

ROOM = a_call().room


class Clock:
    def now_ms(self) -> int:
        return START + 9


class Rooms:
    """A livekit-server in which people come and go as a test says."""

    def __init__(self) -> None:
        self.present: set[str] = set()
        self.removed: list[str] = []

    async def participants(self, room: str, *, limit_s: float) -> list[Any]:
        assert room == ROOM
        return [SimpleNamespace(identity=identity) for identity in sorted(self.present)]

    async def remove_participant(self, room: str, identity: str) -> None:
        assert room in {ROOM, f"supervisor-{identity}"}
        self.removed.append(room)
        if room == ROOM:
            self.present.discard(identity)


async def desk() -> tuple[ActContext, Rooms, MemoryStore]:
    store, rooms = MemoryStore(), Rooms()
    await store.open_call(a_call())
    asked = Listener("listener-1", CALL, "anna", "key", ListenerState.ASKED, START, START)
    assert await store.add_listener(asked)
    context = ActContext(store, cast(Any, rooms), (), Clock(), handoffs_per_call=5)
    return context, rooms, store


async def look(context: ActContext, *, may: bool = True) -> list[str]:
    told: list[str] = []

    async def may_listen(_: Listener) -> bool:
        return may

    await look_at_listeners(context, may_listen, lambda one: told.append(one.state))
    return told


async def moves(store: MemoryStore) -> list[tuple[str | None, str, str]]:
    events = await store.events(call_id=CALL)
    return [(one.moved_from, one.moved_to, one.actor) for one in events if one.kind == "listener"]


async def test_finding_2_joining_and_leaving_are_in_the_calls_events() -> None:
    context, rooms, store = await desk()
    assert await look(context) == []
    rooms.present = {"listener-1", "caller"}
    assert await look(context) == ["joined"]
    assert await look(context) == []
    rooms.present = {"caller"}
    assert await look(context) == ["left"]
    rooms.present = {"listener-1"}
    assert await look(context) == ["joined"], "livekit-server lets them in again for some minutes"
    assert await moves(store) == [
        (None, "asked", "anna"),
        ("asked", "joined", "anna"),
        ("joined", "left", "anna"),
        ("left", "joined", "anna"),
    ]


async def test_finding_2_who_may_no_longer_listen_is_taken_out_each_time_they_come() -> None:
    context, rooms, store = await desk()
    for _ in range(2):
        rooms.present = {"listener-1", "caller"}
        await look(context, may=False)
        assert rooms.present == {"caller"}
    rooms.present = {"listener-1"}
    assert await look(context) == ["joined"]
    assert await look(context, may=False) == ["left"]
    assert (await moves(store))[-1] == ("joined", "left", "anna")


async def test_finding_2_nobody_listens_on_after_the_call() -> None:
    context, rooms, store = await desk()
    rooms.present = {"listener-1"}
    await store.end_call(CALL, CallEnd.GOODBYE, job=HOLDER, at=START + 5)
    await look(context)
    assert not rooms.present
    late = Listener("listener-2", CALL, "anna", None, ListenerState.ASKED, START, START)
    assert not await store.add_listener(late)


async def test_who_may_no_longer_speak_is_out_of_both_rooms_and_heard_by_nobody() -> None:
    context, rooms, store = await desk()
    rooms.present = {"listener-1", "caller"}
    await look(context)
    await store.supervise("listener-1", ListenerMode.BARGE, name="anna", at=START + 9)
    await look(context, may=False)
    assert rooms.removed == [ROOM, "supervisor-listener-1"]
    assert (await store.listeners(since=START))[0].mode is ListenerMode.LISTEN
