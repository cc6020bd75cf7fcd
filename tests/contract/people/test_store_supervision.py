"""At most one of a call's listeners is heard: by a guarded move, and each step is an event."""

from __future__ import annotations

import pytest

from errors import StaleHandoff
from persistence.access import Listener, ListenerMode, ListenerState
from persistence.contract.store import Store
from persistence.records import CallEnd, HandoffState
from tests.contract.building import CALL, FRONT_DESK, HOLDER, START, TARGET, WORKER, a_call, brought_to


async def test_one_listener_at_a_time_is_heard_and_each_step_is_an_event(store: Store) -> None:
    await two_listeners(store)
    coach = await store.supervise("listener-1", ListenerMode.COACH, name="Ann", at=START + 1)
    assert coach.mode is ListenerMode.COACH
    for name, identity in (("Bob", "listener-2"), ("Bob", "listener-1"), ("Ann", "listener-1")):
        with pytest.raises(StaleHandoff):  # Ann coaches; listener-1 is not Bob's; Ann coaches already
            await store.supervise(identity, ListenerMode.COACH, name=name, at=START + 2)
    await store.supervise("listener-1", ListenerMode.BARGE, name="Ann", at=START + 3)
    await store.supervise("listener-1", ListenerMode.LISTEN, name="Ann", at=START + 4)
    await store.supervise("listener-2", ListenerMode.TAKE_OVER, name="Bob", at=START + 5)
    assert [one.mode for one in await store.listeners_of(CALL)] == ["listen", "take_over"]
    told = [one for one in await store.events(call_id=CALL) if one.kind == "listener" and one.moved_from]
    assert [(one.subject, one.moved_from, one.moved_to, one.actor, one.at - START) for one in told] == [
        ("listener-1", "listen", "coach", "Ann", 1),
        ("listener-1", "coach", "barge", "Ann", 3),
        ("listener-1", "barge", "listen", "Ann", 4),
        ("listener-2", "listen", "take_over", "Bob", 5),
    ]


async def test_whoever_has_left_is_not_heard_when_they_come_back(store: Store) -> None:
    await two_listeners(store)
    await store.supervise("listener-1", ListenerMode.BARGE, name="Ann", at=START + 1)
    await store.move_listener("listener-1", ListenerState.LEFT, at=START + 2)
    assert [one.identity for one in await store.listeners_of(CALL)] == ["listener-2"]
    with pytest.raises(StaleHandoff):
        await store.supervise("listener-1", ListenerMode.COACH, name="Ann", at=START + 3)
    await store.move_listener("listener-1", ListenerState.JOINED, at=START + 4)
    assert {one.mode for one in await store.listeners_of(CALL)} == {ListenerMode.LISTEN}


@pytest.mark.parametrize("mode", [ListenerMode.BARGE, ListenerMode.TAKE_OVER])
async def test_a_new_role_is_coached_by_whoever_spoke_in_the_place_of_the_one_before(
    store: Store, mode: ListenerMode
) -> None:
    await two_listeners(store)
    await store.supervise("listener-1", mode, name="Ann", at=START + 1)
    await brought_to(store, HandoffState.COMPLETED)
    assert [one.mode for one in await store.listeners_of(CALL)] == ["coach", "listen"]


async def test_an_agent_that_replaces_a_lost_one_of_its_role_leaves_the_floor_where_it_is(
    store: Store,
) -> None:
    await two_listeners(store)
    await store.supervise("listener-1", ListenerMode.BARGE, name="Ann", at=START + 1)
    await store.mark_lost(CALL, job=HOLDER, of=WORKER, by=WORKER, at=START + 2)
    await store.recover_call(CALL, job=HOLDER, by=TARGET, role=FRONT_DESK, worker=WORKER, at=START + 2)
    assert [one.mode for one in await store.listeners_of(CALL)] == ["barge", "listen"]


async def test_nobody_supervises_a_call_that_is_over(store: Store) -> None:
    await two_listeners(store)
    await store.supervise("listener-1", ListenerMode.BARGE, name="Ann", at=START + 1)
    await store.end_call(CALL, CallEnd.GOODBYE, job=HOLDER, at=START + 2)
    assert {one.mode for one in await store.listeners_of(CALL)} == {ListenerMode.LISTEN}
    with pytest.raises(StaleHandoff):
        await store.supervise("listener-2", ListenerMode.COACH, name="Bob", at=START + 3)


async def two_listeners(store: Store) -> None:
    await store.open_call(a_call())
    for identity, name in (("listener-1", "Ann"), ("listener-2", "Bob")):
        await store.add_listener(Listener(identity, CALL, name, "hash", ListenerState.ASKED, START, START))
