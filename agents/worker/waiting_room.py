"""The worker's end of its waiting room: starts the process before it is needed."""

from __future__ import annotations

import asyncio

from livekit.agents.utils import shortuuid

from agents.process.own_process import OwnProcess
from agents.process.process_context import ParentWorker
from agents.waiting.commands import Greet, TakeUp, written
from agents.waiting.process import run_waiting_room
from clock import SystemClock
from persistence.records import Call
from transfer.protocol import AnswerCall


class WaitingRoom:
    """Sends commands to the process, and keeps those that come before the process is ready."""

    def __init__(self, parent: ParentWorker) -> None:
        self._wanted = asyncio.Event()
        self._process = OwnProcess("waiting room", run_waiting_room, parent)

    def open(self) -> None:
        """Start the process: callers may have to wait soon."""
        self._wanted.set()

    def greet(self, room: str, task: AnswerCall) -> None:
        """Let a room's caller wait in line."""
        self._send(Greet(job=_job(), room=room, task=task, came_at=SystemClock().now_ms()))

    def take_up(self, call: Call) -> None:
        """Continue a call in line whose waiting room is lost or draining."""
        self._send(TakeUp(job=_job(), room=call.room, call=call.id))

    async def run(self) -> None:
        """Keep the process alive until cancelled. Call it only once the server and its forkserver run."""
        await self._wanted.wait()
        await self._process.run()

    def _send(self, command: Greet | TakeUp) -> None:
        self._process.send(written(command))
        self.open()


def _job() -> str:
    return shortuuid("AW_")
