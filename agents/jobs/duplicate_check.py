"""Checks whether another agent has a room's call, or soon will: then a second agent must not answer.

After a restart of the server, rooms are created again and their agents dispatched again. The caller may be
back before the agent that holds the call, or before its replacement (fault C1).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from functools import partial

from livekit import api
from livekit.agents import JobContext

from agents.process.process_context import ProcessContext
from errors import StoreError
from persistence.contract.store import Store
from persistence.records import Call, CallEnd
from transfer.livekit.server_api import ServerApi
from transfer.protocol import agent_identity

log = logging.getLogger(__name__)

_LOOK_LIMIT_S = 2.0
_LOOK_EVERY_S = 0.25
_STORE_LIMIT_S = 1.0
_GIVEN_SOMEBODY_LIMIT_S = 10.0
"""A lost holder is replaced well within this time: after a worker's lease and one second."""

_PEOPLE = {api.ParticipantInfo.Kind.STANDARD, api.ParticipantInfo.Kind.SIP}


async def answered_already(ctx: JobContext, process: ProcessContext, store: Store, server: ServerApi) -> bool:
    """Whether another agent holds the call in this room.

    If the holder is disconnected and no other caller has joined, wait for its replacement. Close a call whose
    holder is not replaced, or whose caller is gone while somebody else is in the room.
    """
    until_s = asyncio.get_running_loop().time() + _GIVEN_SOMEBODY_LIMIT_S
    while True:
        try:
            call = await _open_call(ctx, store)
        except (StoreError, TimeoutError) as error:
            log.warning("the store did not answer", extra={"room": ctx.job.room.name, "error": str(error)})
            return bool(_agents(await _present(ctx, server)) - {agent_identity(ctx.job.id)})
        if call is None:
            return False
        present = await _present(ctx, server)
        if agent_identity(call.holder_job) in _agents(present):
            return True
        if _has_made_room(call, present) or asyncio.get_running_loop().time() >= until_s:
            end = partial(store.end_call, call.id, CallEnd.FAILED, job=call.holder_job)
            await process.write_queue.write(partial(end, at=process.clock.now_ms()))
            return False
        await asyncio.sleep(_LOOK_EVERY_S)


async def _open_call(ctx: JobContext, store: Store) -> Call | None:
    async with asyncio.timeout(_STORE_LIMIT_S):
        return await store.open_call_in(ctx.job.room.name)


async def _present(ctx: JobContext, server: ServerApi) -> Sequence[api.ParticipantInfo]:
    return await server.participants(ctx.job.room.name, limit_s=_LOOK_LIMIT_S) or ()


def _has_made_room(call: Call, present: Sequence[api.ParticipantInfo]) -> bool:
    people = {each.identity for each in present if each.kind in _PEOPLE and not each.permission.hidden}
    return bool(people) and call.caller not in people


def _agents(present: Sequence[api.ParticipantInfo]) -> set[str]:
    return {each.identity for each in present if each.kind == api.ParticipantInfo.Kind.AGENT}
