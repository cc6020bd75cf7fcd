"""Calls and handoffs for the service's tests, in the store that it reads."""

from __future__ import annotations

from dataclasses import replace

from persistence.contract.store import Store
from persistence.records import Attempt, AttemptId, Call, Handoff, HandoffState
from tests.contract.building import HOLDER, START, a_call, a_handoff, move

S = HandoffState
WAY: dict[HandoffState, tuple[HandoffState, ...]] = {
    S.REQUESTED: (),
    S.DISPATCHING: (S.DISPATCHING,),
    S.ACCEPTED: (S.DISPATCHING, S.BRIEFING, S.ACCEPTED),
    S.COMPLETED: (S.DISPATCHING, S.BRIEFING, S.ACCEPTED, S.COMPLETED),
    S.CANCELLED: (S.CANCELLED,),
}


async def many_calls(store: Store, count: int) -> list[Call]:
    """Open calls, each in a room of its own, each a second after the one before."""
    return [
        await store.open_call(
            a_call(call_id=f"call-{number}", room=f"room-{number}", at=START + number * 1_000)
        )
        for number in range(count)
    ]


async def handoff_of(store: Store, call: Call, state: HandoffState, *, reason: str = "a bill") -> Handoff:
    """Make a handoff of this call, and bring it to a state."""
    number = call.id.removeprefix("call-")
    asked = replace(
        a_handoff(
            handoff_id=f"handoff-{number}", key=f"key-{number}", call_id=call.id, at=call.started_at + 5
        ),
        reason=reason,
    )
    handoff = await store.request_handoff(asked, at_most=5)
    for step in WAY[state]:
        if step is S.DISPATCHING:
            attempt = Attempt(AttemptId(f"attempt-{number}"), handoff.id, handoff.target, call.started_at + 9)
            handoff = await store.begin_attempt(attempt, previous=None, actor=HOLDER)
        else:
            handoff = await move(store, handoff, step)
    return handoff
