"""What a soak needs: the stack, its store, and each job's process."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from contextlib import suppress
from dataclasses import dataclass, field

from livekit import api

from local.caller.token import caller_token
from local.stack import Stack
from persistence.contract.store import Store
from persistence.records import Call, CallId, Handoff

_LATEST = 200  # a call that has just begun must be among this many latest ones
_LOOK_S = 0.05
_PROCESS_LIMIT_S = 5.0
_CLOSE_LIMIT_S = 5.0


@dataclass(slots=True)
class Environment:
    """What every call needs."""

    stack: Stack
    api: api.LiveKitAPI
    store: Store
    _calls: dict[str, CallId] = field(default_factory=dict)
    _processes: dict[str, int] = field(default_factory=dict)
    _read: int = 0

    def token(self, room: str) -> str:
        livekit = self.stack.livekit
        return caller_token(livekit.api_key, livekit.api_secret, room=room, agent_name=self.stack.agent_name)

    async def call_in(self, room: str) -> Call | None:
        if room not in self._calls:
            found = [call for call in await self.store.calls(limit=_LATEST) if call.room == room]
            self._calls |= {call.room: call.id for call in found}
        return await self.store.call(self._calls[room]) if room in self._calls else None

    async def handoff_in(self, room: str) -> Handoff | None:
        """Return the call's latest handoff."""
        call = await self.call_in(room)
        handoffs = await self.store.handoffs(call_id=call.id) if call else ()
        return max(handoffs, key=lambda row: row.requested_at, default=None)

    async def kill(self, job: str) -> bool:
        """`kill -9` a job's process. False if the process is unknown or has ended."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_PROCESS_LIMIT_S):
                while job not in self._processes:
                    self._read_on()
                    await asyncio.sleep(_LOOK_S)
        pid = self._processes.get(job)
        if pid is None:
            return False
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return False
        return True

    async def close(self, room: str) -> None:
        """Close the room, so that nobody is left in it."""
        with suppress(api.ServerError, TimeoutError):
            async with asyncio.timeout(_CLOSE_LIMIT_S):
                await self.api.room.delete_room(api.DeleteRoomRequest(room=room))

    def _read_on(self) -> None:
        """Read new lines of the parent's log, to learn which process has which job."""
        with self.stack.worker.log.open("rb") as log:
            log.seek(self._read)
            *lines, rest = log.read().split(b"\n")
            self._read = log.tell() - len(rest)
        for line in lines:
            with suppress(json.JSONDecodeError):
                entry = json.loads(line)
                if entry.get("message") == "process has a call":
                    self._processes[entry["job"]] = entry["pid"]
