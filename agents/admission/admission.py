"""Decides on every job that livekit-server offers.

On a self-hosted server, a refused job means silence for ever. So a caller who does not fit is sent to the
waiting room, or to another worker that has room.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from enum import Enum, auto

from livekit.agents import JobRequest

from agents.admission.arrivals import Arrivals
from agents.admission.capacity import Capacity
from transfer.protocol import AnswerCall, read_dispatch

log = logging.getLogger(__name__)

_UNSEEN_S = 3.0
"""How long a caller sent to the waiting room may take to appear in the store's line."""

_ELSEWHERE_AGAIN_S = 60.0
"""Pause before a caller may be sent to other workers again: they may be full, dead, or of another name."""


class Decision(Enum):
    """What happens to a caller."""

    TAKE = auto()  # an agent of this worker answers
    ELSEWHERE = auto()  # another worker has room
    WAIT = auto()  # no worker has room: the waiting room greets the caller


def decide(*, room: int, ahead: int, elsewhere: int) -> Decision:
    """Decide on a new caller, with `ahead` callers in line.

    `room`, `elsewhere`: how many more calls fit here, and on other workers. Nobody overtakes the line: a new
    caller is taken only where there is room for the whole line as well.
    """
    if room > ahead:
        return Decision.TAKE
    return Decision.ELSEWHERE if elsewhere > ahead else Decision.WAIT


class Admission:
    """One worker's admission. The supervisor keeps `in_line` and `elsewhere` up to date, and sets `wait`."""

    def __init__(self, capacity: Capacity, now: Callable[[], float]) -> None:
        self.capacity, self._now = capacity, now
        self.arrivals = Arrivals()
        self.in_line: frozenset[str] = frozenset()
        """The rooms whose callers wait in line, on any worker."""
        self.elsewhere = 0
        """How many further calls other workers have room for."""
        self.wait: Callable[[str, AnswerCall], None] | None = None
        """Sends a room's caller to the waiting room. None: there is no waiting room yet."""
        self._sent: dict[str, float] = {}
        self._sent_elsewhere: dict[str, float] = {}

    async def accept_or_reject(self, request: JobRequest) -> None:
        """Accept a job whose call is here or fits; else the caller waits, or another worker answers."""
        room, task = request.room.name, read_dispatch(request.job.metadata)
        if self.capacity.holds(room) or not isinstance(task, AnswerCall):
            await self._accept_if_it_fits(request)
            return
        self.arrivals.arrived(self._now())
        match self._decision(room):
            case Decision.TAKE:
                await self._accept(request)
            case Decision.ELSEWHERE:
                self._sent_elsewhere[room] = self._now()
                await request.reject(terminate=False)
            case Decision.WAIT:
                await self._let_wait(request, task)

    def ahead(self) -> int:
        """Return how many callers wait in line, including those who were sent there a moment ago."""
        return len(self._line())

    def _line(self) -> set[str]:
        now = self._now()
        self._sent = {
            room: at
            for room, at in self._sent.items()
            if now - at < _UNSEEN_S and room not in self.in_line and not self.capacity.holds(room)
        }
        waiting = {room for room in self.in_line if not self.capacity.holds(room)}
        return waiting | self._sent.keys()

    def _decision(self, room: str) -> Decision:
        if room in self._line():
            return Decision.WAIT  # a second dispatch for a caller who waits already
        return decide(
            room=self.capacity.room().calls,
            ahead=self.ahead(),
            elsewhere=0 if self._came_back(room) else self.elsewhere,
        )

    def _came_back(self, room: str) -> bool:
        """Whether this caller was sent to other workers recently, and none took them."""
        now = self._now()
        self._sent_elsewhere = {
            each: at for each, at in self._sent_elsewhere.items() if now - at < _ELSEWHERE_AGAIN_S
        }
        return room in self._sent_elsewhere

    async def _let_wait(self, request: JobRequest, task: AnswerCall) -> None:
        room = request.room.name
        if self.wait is None:
            await request.reject(terminate=False)
            return
        if room not in self._line():
            why = self.capacity.room().bound_by
            log.info("the caller waits in line", extra={"room": room, "no_room_by": why})
            self._sent[room] = self._now()
            self.wait(room, task)
        await request.reject()  # for the server, this job is done: nobody else need take it

    async def _accept_if_it_fits(self, request: JobRequest) -> None:
        """Accept a job of a call that is here, or an agent for another worker's call if there is room."""
        if self.capacity.holds(request.room.name) or self.capacity.room().calls:
            await self._accept(request)
        else:
            await request.reject(terminate=False)

    async def _accept(self, request: JobRequest) -> None:
        room = request.room.name
        self.capacity.coming(room)  # counted from now on: the job runs only some milliseconds later
        try:
            await request.accept()
        finally:
            self.capacity.not_coming(room)
