"""How many calls a worker has, and how many more it has room for. It counts calls, not jobs.

A call that it already has may get further agents. LiveKit's own load threshold does not fit: a worker that
reports itself full gets no job at all, so it could not hand over any of its calls, and the server learns only
seconds later that there is room again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from agents.admission.room_for_calls import STARTING_S, MachineLoad, Room, room_for_calls

_HIGHEST_LOAD = 0.5
"""The most that a worker reports: livekit-server (1.13.5) dispatches no job once all report 0.7 or more."""

_COMING_S = 6.0
"""How long a call that was let in may take to get a process. After this it no longer counts."""

Budget = Callable[[], int | None]
"""Returns how many further calls the account's limits allow; None: the limits are unknown."""


def no_budget() -> int | None:
    """The budget of a worker that keeps none."""
    return None


class Capacity:
    """`rooms` returns the rooms of all running jobs, one entry a job. `now`: seconds, of any steady clock.

    The supervisor sets `load` and `budget`.
    """

    def __init__(
        self, ceiling: int, busy_limit: float, rooms: Callable[[], Iterable[str]], now: Callable[[], float]
    ) -> None:
        self._ceiling, self._busy_limit, self._rooms, self._now = ceiling, busy_limit, rooms, now
        self._coming: dict[str, float] = {}
        self._since: dict[str, float] = {}
        self._carries = ceiling
        self.load: Callable[[], MachineLoad | None] = lambda: None
        self.budget: Budget = no_budget

    def holds(self, room: str) -> bool:
        """Whether the call of this room is here, or was let in a moment ago."""
        return room in self._calls()

    def coming(self, room: str) -> None:
        """The call of this room was let in: it counts from now on, and its job runs a little later."""
        self._coming[room] = self._now()

    def not_coming(self, room: str) -> None:
        self._coming.pop(room, None)

    def room(self) -> Room:
        """Return how many further calls fit now."""
        now, calls = self._now(), self._calls()
        self._since = {room: self._since.get(room, now) for room in calls}
        found = room_for_calls(
            self.load(),
            calls=len(calls),
            starting=sum(now - since < STARTING_S for since in self._since.values()),
            ceiling=self._ceiling,
            busy_limit=self._busy_limit,
            budget=self.budget(),
        )
        self._carries = max(1, len(calls) + found.calls)
        return found

    def reported_load(self) -> float:
        """Return 0 to 0.5, for the server's choice between workers; never so high that it skips this one.

        Thread-safe: it uses the latest result of `room`.
        """
        return min(1.0, len(set(self._rooms())) / self._carries) * _HIGHEST_LOAD

    def _calls(self) -> set[str]:
        here, now = set(self._rooms()), self._now()
        coming = {room: at for room, at in self._coming.items() if room not in here and now - at < _COMING_S}
        self._coming = coming
        return here | coming.keys()
