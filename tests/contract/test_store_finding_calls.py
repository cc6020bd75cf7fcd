"""How every store finds calls: by who called, what it was about, who held it, when, and how it ended."""

from __future__ import annotations

from dataclasses import replace

import pytest

from persistence.contract.store import Store
from persistence.records import CallEnd, CallId, HandoffId, RoleName
from tests.contract.building import (
    BILLING,
    FRONT_DESK,
    HOLDER,
    START,
    TECHNICAL,
    a_call,
    a_handoff,
    brought_to,
)
from tests.contract.building import S as State


async def two_callers(store: Store) -> None:
    """Store a call by telephone about a bill that is too high, and one from a browser."""
    first = a_call(call_id="call-1", room="room-1", at=START)
    await store.open_call(replace(first, caller_name="Anna Müller", caller_number="+49 170 1234567"))
    await store.request_handoff(a_handoff(), at_most=5)
    second = a_call(call_id="call-2", room="room-2", at=START + 1)
    await store.open_call(replace(second, caller="visitor", caller_name="علي حسن 🎈"))


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("", ["call-2", "call-1"]),
        ("anna", ["call-1"]),
        ("MULLER", ["call-1"]),
        ("müller anna", ["call-1"]),
        ("anna visitor", []),
        ("علي", ["call-2"]),
        ("🎈", ["call-2"]),
        ("+49170 123", ["call-1"]),
        ("0170/12345-67", ["call-1"]),
        ("(0049) 170", ["call-1"]),
        ("call-2", ["call-2"]),
        ("room-", ["call-2", "call-1"]),
        ("visit", ["call-2"]),
        ("Too High", ["call-1"]),
        ("billing anna", ["call-1"]),
        ("%", []),
        ("' OR 1 --", []),
    ],
)
async def test_every_word_of_a_search_is_found_somewhere(store: Store, search: str, found: list[str]) -> None:
    await two_callers(store)
    assert [call.id for call in await store.calls(search=search)] == found


async def test_who_called_is_kept(store: Store) -> None:
    await two_callers(store)
    call = await store.call(CallId("call-1"))
    assert call is not None
    assert (call.caller, call.caller_name, call.caller_number) == (
        "caller-1",
        "Anna Müller",
        "+49 170 1234567",
    )


async def test_a_call_is_found_by_every_role_that_held_it_and_no_other(store: Store) -> None:
    await brought_to(store, State.COMPLETED)
    await store.open_call(a_call(call_id="call-2", room="room-2"))
    await store.request_handoff(
        a_handoff(handoff_id=HandoffId("handoff-2"), call_id=CallId("call-2"), key="other"), at_most=5
    )
    found = {
        role: [call.id for call in await store.calls(role=role)] for role in (FRONT_DESK, BILLING, TECHNICAL)
    }
    assert found == {FRONT_DESK: ["call-2", "call-1"], BILLING: ["call-1"], TECHNICAL: []}


async def test_filters_narrow_each_other(store: Store) -> None:
    await two_callers(store)
    await store.end_call(CallId("call-1"), CallEnd.GOODBYE, job=HOLDER, at=START + 9)
    await store.end_call(CallId("call-2"), CallEnd.CALLER_LEFT, job=HOLDER, at=START + 9)
    assert [call.id for call in await store.calls(ended_how=CallEnd.GOODBYE)] == ["call-1"]
    assert [call.id for call in await store.calls(since=START + 1)] == ["call-2"]
    assert [call.id for call in await store.calls(until=START + 1)] == ["call-1"]
    assert not await store.calls(search="anna", ended_how=CallEnd.CALLER_LEFT)
    assert not await store.calls(search="anna", is_open=True)
    assert not await store.calls(search="anna", role=RoleName("billing"))
