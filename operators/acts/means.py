"""All that an operator's act works with."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from errors import CallOver, UnknownCall
from persistence.contract.store import Store
from persistence.records import Call, CallId, RoleName
from transfer.ports import Clock

if TYPE_CHECKING:  # livekit.api takes a moment to import, and commands that only look need none of it
    from transfer.livekit.server_api import ServerApi


@dataclass(frozen=True, slots=True)
class Means:
    """Made once a process. `roles` are the roster's."""

    store: Store
    server: ServerApi
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
