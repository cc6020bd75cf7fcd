"""All that an operator's act works with."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from errors import CallOver, UnknownCall
from persistence.contract.handoffs import Store
from persistence.records import Call, CallId, RoleName
from transfer.ports import Clock


class Rooms(Protocol):
    """What acts need of LiveKit."""

    async def nudge(self, call: Call) -> None:
        """Tell the call's holder to look at the store. Never raises: it looks by itself as well."""
        ...

    async def call_agent(self, room: str, role: RoleName) -> None:
        """Dispatch an agent that answers in this room. Raises: LineFailed."""
        ...


@dataclass(frozen=True, slots=True)
class Means:
    """Made once a process. `roles` are the roster's."""

    store: Store
    rooms: Rooms
    roles: Collection[RoleName]
    clock: Clock
    handoffs_per_call: int


async def open_call(means: Means, call_id: CallId) -> Call:
    """Raises: UnknownCall, CallOver."""
    call = await means.store.call(call_id)
    if call is None:
        raise UnknownCall(call_id)
    if call.ended_at is not None:
        raise CallOver(call_id, call.ended_how)
    return call
