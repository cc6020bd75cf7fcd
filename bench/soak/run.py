"""Runs a soak: callers one after another, several at once; and checks what is left after the last."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict

import psutil

from bench.soak.call import Lines, Outcome, play_call
from bench.soak.environment import Environment
from bench.soak.health import Health, has_room, look
from bench.soak.plan import Kill
from bench.soak.telephone import play_call_by_phone
from local.demo.progress import Progress

_SETTLE_LIMIT_S = 60.0
_LOOK_S = 0.5
_MANY = 1_000_000
_TOLD_EVERY = 10
_APART_S = 3.0
"""Seconds between the first callers. Calls that begin together are handed over together, which is too much
for two cores: two agents were heard together for 0.25 s."""


class Soak:
    """One soak. `tenth` is the parent's health after a tenth of the calls."""

    def __init__(
        self,
        env: Environment,
        lines: Lines,
        kills: Mapping[int, Kill],
        people: Mapping[int, Kill | None],
        phones: Collection[int],
        address: str,
        progress: Progress,
    ) -> None:
        """Take the plan. `people`: the calls that ask for a person, with their kills.

        `phones`: the calls by telephone, to the gateway at `address`; none of them is in `kills` or `people`.
        """
        self._phones, self._address = phones, address
        self._env, self._lines, self._progress = env, lines, progress
        self._kills, self._people = {**kills, **people}, people
        self._folder = env.stack.worker.log.parent
        self._outcomes: list[Outcome] = []
        self._at_rest: Health | None = None
        self.tenth: Health | None = None

    async def play(self, calls: int, at_once: int) -> Sequence[Outcome]:
        """Play all calls, and return their outcomes in the order in which they ended."""
        self._at_rest = await look(self._env.stack.worker)
        waiting = iter(range(calls))
        async with asyncio.TaskGroup() as group:
            for number in range(at_once):
                group.create_task(self._callers(waiting, calls, after_s=number * _APART_S))
        return self._outcomes

    async def open_rows(self) -> int:
        """Count calls, handoffs and waits for a person that are still open some time after the last call."""
        for _ in range(round(_SETTLE_LIMIT_S / _LOOK_S)):
            if not (found := await self._open_rows()):
                return 0
            await asyncio.sleep(_LOOK_S)
        return found

    async def settled(self) -> Health:
        """Return the parent's health once the last calls' processes have ended."""
        assert self._at_rest is not None
        parent = psutil.Process(self._env.stack.worker.pid)
        for _ in range(round(_SETTLE_LIMIT_S / _LOOK_S)):
            if len(parent.children(recursive=True)) <= self._at_rest.processes:
                break
            await asyncio.sleep(_LOOK_S)
        return await look(self._env.stack.worker)

    async def _callers(self, waiting: Iterator[int], calls: int, *, after_s: float) -> None:
        await asyncio.sleep(after_s)
        for number in waiting:
            await has_room()
            kill, person = self._kills.get(number), number in self._people
            if number in self._phones:
                outcome = await play_call_by_phone(self._env, number, self._address, self._folder)
            else:
                outcome = await play_call(self._env, number, self._lines, kill, person=person)
            self._outcomes.append(outcome)
            self._tell(outcome, calls)
            if len(self._outcomes) == max(1, calls // 10):
                self.tenth = await look(self._env.stack.worker)

    def _tell(self, outcome: Outcome, calls: int) -> None:
        done = len(self._outcomes)
        with (self._folder / "calls.jsonl").open("a", encoding="utf-8") as kept:
            kept.write(json.dumps(asdict(outcome)) + "\n")
        kill = self._kills.get(outcome.number)
        if outcome.lost:
            self._progress.note(f"call {outcome.number}: lost: {outcome.lost} ({kill})", style="red")
        elif outcome.duplicates:
            self._progress.note(f"call {outcome.number}: two at once: {outcome.duplicates}", style="red")
        elif outcome.killed:
            self._progress.step(f"call {outcome.number}: {kill}: longest silence {outcome.silence_ms} ms")
        if done % _TOLD_EVERY == 0 or done == calls:
            worst = max(each.silence_ms for each in self._outcomes)
            self._progress.step(
                f"{done} of {calls} calls · {sum(each.killed for each in self._outcomes)} kills · "
                f"{sum(bool(each.lost) for each in self._outcomes)} lost · worst silence {worst} ms"
            )

    async def _open_rows(self) -> int:
        calls = await self._env.store.calls(is_open=True, limit=_MANY)
        handoffs = await self._env.store.handoffs(limit=_MANY)
        open_handoffs = sum(not handoff.is_over for handoff in handoffs)
        talks = len(await self._env.store.taken_entries())
        return len(calls) + open_handoffs + len(await self._env.store.queue()) + talks
