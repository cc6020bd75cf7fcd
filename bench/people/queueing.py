"""The part `queue` on real rows: people who accept at the same moment, and processes that are killed."""

from __future__ import annotations

import asyncio
import signal
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import aiohttp

from agents.people.entries import entry_for
from agents.roster.desk import Desk as RoleDesk
from agents.roster.roster import load_roster
from bench.people.office import ROLE, Office
from bench.support.environment import NotMeasured
from clock import SystemClock
from errors import StaleHandoff
from local.desk.client import Desk, Refused, open_desk
from local.processes import Program
from local.stack import running_service, running_worker, shown_link
from persistence.contract.store import Store
from persistence.engines import open_store
from persistence.people import EntryState, Offer, OfferId, OfferOutcome, QueueEntry
from persistence.records import Call, CallEnd, CallId, JobId, RoleName, WorkerId
from settings import GroqSettings
from transfer.protocol import VERSION

AT_ONCE_MS = 10.0
_WORKER, _JOB = WorkerId("bench"), JobId("job-bench")
_LEASE_S, _LIMIT_S, _END_LIMIT_S, _LOOK_S = 3_600.0, 20.0, 90.0, 0.05
_TALK_S, _APART_S, _BEAT_S, _TRIES = 0.4, 0.3, 2.0, 4
_GONE = (aiohttp.ClientError, TimeoutError, Refused)
_OPEN = {EntryState.WAITING, EntryState.OFFERED, EntryState.TAKEN}


@dataclass(frozen=True, slots=True)
class Rows:
    """Callers that are only rows, of a live worker. Those who serve the queue cannot tell the difference."""

    store: Store
    desk: RoleDesk

    async def calls(self, number: int) -> QueueEntry:
        """Add a caller who waits for a person."""
        now = SystemClock().now_ms()
        call = Call(
            CallId(f"bench-{uuid.uuid4().hex}"),
            f"bench-{number}",
            "caller",
            RoleName(ROLE),
            _JOB,
            _WORKER,
            now,
        )
        await self.store.open_call(call)
        entry = entry_for(self.desk, call.id, RoleName(ROLE), now=now)
        entered = await self.store.enter_queue(replace(entry, overflows_at=None, moved_at=now))
        if entered is None:
            raise NotMeasured("a caller was not let into the queue")
        return entered

    async def hangs_up(self, entry: QueueEntry) -> None:
        now = SystemClock().now_ms()
        await self.store.end_call(entry.call_id, CallEnd.CALLER_LEFT, job=_JOB, at=now)


@asynccontextmanager
async def rows_of(office: Office) -> AsyncIterator[Rows]:
    roster = load_roster(
        Path(office.stack.env["BATON_ROSTER_FOLDER"]), voices=GroqSettings.model_construct().voices.split()
    )
    desk = roster.role(ROLE).desk
    assert desk is not None
    async with open_store(office.stack.store) as store:
        await store.keep_lease(_WORKER, "bench", lease_s=_LEASE_S, draining=False, protocol=VERSION)
        yield Rows(store, desk)


async def accepts_at_once(rows: Rows, one: Desk, other: Desk, times: int) -> int:
    """Let two people, each by a service of their own, accept within 10 ms, `times` times.

    Returns how often not exactly one has the caller, or the other was not told who has. A pair further apart,
    as on a busy machine, is tried again. Raises: NotMeasured: too many were further apart.
    """
    wrong, counted = 0, 0
    for number in range(_TRIES * times):
        entry = await rows.calls(number)
        offers = await asyncio.gather(one.rings(limit_s=_LIMIT_S), other.rings(limit_s=_LIMIT_S))
        answers = await asyncio.gather(
            *(_accept(desk, offer) for desk, offer in zip((one, other), offers, strict=True))
        )
        sent = [at_s for at_s, _ in answers]
        if 1000 * (max(sent) - min(sent)) <= AT_ONCE_MS:
            counted += 1
            ends = await rows.store.offers(entry_id=entry.id)
            winners = [offer.person for offer in ends if offer.outcome is OfferOutcome.ACCEPTED]
            told = sorted(who for _, who in answers)
            wrong += len(winners) != 1 or told != ["", winners[0]]
        await rows.hangs_up(entry)
        if counted == times:
            return wrong
    raise NotMeasured(f"only {counted} pairs of {_TRIES * times} accepted within {AT_ONCE_MS:g} ms")


async def _accept(desk: Desk, offer: Mapping[str, Any]) -> tuple[float, str]:
    """Accept. Returns when that was sent, and who has the caller: "" if this desk."""
    sent_s = asyncio.get_running_loop().time()
    try:
        await desk.accept(offer)
    except Refused as refused:
        return sent_s, str(refused.problem.get("taken_by", "")) or "nobody"
    return sent_s, ""


@dataclass(frozen=True, slots=True)
class Killed:
    """What became of the callers of a queue whose processes were killed."""

    callers: int
    kills: int
    two_winners: int
    overtaken: int
    forgotten: int


class Services:
    """Two operators' services and a worker on one store. Each may be killed, and is then restarted."""

    def __init__(self, office: Office, folder: Path, opened: AsyncExitStack) -> None:
        self._office, self._folder, self._opened = office, folder, opened
        assert office.stack.service is not None
        self.programs: dict[str, Program] = {"one": office.stack.service, "worker": office.stack.worker}
        self.addresses = {"one": office.address}
        self.kills = 0

    async def start(self, name: str) -> None:
        number = self.kills
        opening = running_service if name != "worker" else running_worker
        program = await self._opened.enter_async_context(
            opening(self._folder, self._office.stack.env, f"{name}-{number}")
        )
        self.programs[name] = program
        if name != "worker":
            self.addresses[name] = shown_link(program).partition("#")[0]

    def kill(self, name: str) -> None:
        self.kills += 1
        self.programs[name].send(signal.SIGKILL)


async def over_kills(rows: Rows, services: Services, tokens: Sequence[str], callers: int) -> Killed:
    """Add `callers` callers in turn, while people talk and each process is killed once and restarted."""
    entries: list[QueueEntry] = []
    people = [asyncio.create_task(_works(rows.store, services, token)) for token in tokens]
    killing = asyncio.create_task(_kills(services))
    try:
        for number in range(callers):
            entries.append(await rows.calls(number))
            await asyncio.sleep(_APART_S)
        await killing
        with suppress(TimeoutError):
            async with asyncio.timeout(_END_LIMIT_S):
                while await _open_ones(rows.store, entries):  # noqa: ASYNC110 - as other processes do it
                    await asyncio.sleep(_LOOK_S)
        return await _judged(rows.store, entries, services.kills)
    finally:
        for task in (*people, killing):
            task.cancel()
        await asyncio.gather(*people, killing, return_exceptions=True)
        for entry in entries:
            with suppress(StaleHandoff):
                await rows.hangs_up(entry)


async def _kills(services: Services) -> None:
    for name in ("one", "worker", "two"):
        await asyncio.sleep(1.0)
        services.kill(name)
        await services.start(name)


async def _works(store: Store, services: Services, token: str) -> None:
    """Work as a person who uses any service that answers, takes what rings, and talks for a moment."""
    beat_s = 0.0
    while True:
        for address in list(services.addresses.values()):
            with suppress(*_GONE):
                async with open_desk(address, token) as desk:
                    if asyncio.get_running_loop().time() - beat_s >= _BEAT_S:
                        await desk.beat()
                        beat_s = asyncio.get_running_loop().time()
                    for offer in (await desk.view())["offers"]:
                        await _answers(store, desk, offer)
        await asyncio.sleep(_LOOK_S)


async def _answers(store: Store, desk: Desk, offer: Mapping[str, Any]) -> None:
    now = SystemClock().now_ms
    if offer["outcome"] is None:
        await desk.accept(offer)
    elif offer["outcome"] == OfferOutcome.ACCEPTED and offer["ended_at"] is None:
        with suppress(StaleHandoff):  # what their proxy does
            await store.connect_talk(OfferId(offer["id"]), at=now())
            await asyncio.sleep(_TALK_S)
            await store.end_talk(OfferId(offer["id"]), at=now())


async def _open_ones(store: Store, entries: Sequence[QueueEntry]) -> int:
    rows = [await store.entry(entry.id) for entry in entries]
    return sum(row is None or row.state in _OPEN for row in rows)


async def _judged(store: Store, entries: Sequence[QueueEntry], kills: int) -> Killed:
    offers = [await store.offers(entry_id=entry.id) for entry in entries]
    return Killed(
        callers=len(entries),
        kills=kills,
        two_winners=sum(sum(one.connected_at is not None for one in of) > 1 for of in offers),
        overtaken=overtaken(entries, offers),
        forgotten=await _open_ones(store, entries),
    )


def overtaken(entries: Sequence[QueueEntry], offers: Sequence[Sequence[Offer]]) -> int:
    """Count callers who already waited but rang later than a younger entry for the same people. Pure."""
    rang = [min((one.offered_at for one in of), default=None) for of in offers]
    found = 0
    for entry, first in zip(entries, rang, strict=True):
        found += any(
            other is not None and entry.entered_at < other and (first is None or first > other)
            for younger, other in zip(entries, rang, strict=True)
            if (younger.started_at, younger.id) > (entry.started_at, entry.id)
        )
    return found
