"""The service's health: the doctor's checks on its own store and clients, cached for a few seconds."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from groq import AsyncGroq

from agents.groq.client import open_connection
from agents.groq.models import check_models
from agents.roster.roster import Roster
from errors import OutOfReach, StoreError
from operators.api.live_workers import living_workers, spent_limits
from operators.doctor import checks
from operators.doctor.examine import Check, examine
from operators.doctor.finding import Finding, Verdict
from persistence.contract.store import Store
from persistence.engines import SETTING, check_writable
from settings import Settings
from transfer.ports import Clock

FRESH_S = 5.0
"""How long a report is reused, so that polling it does not poll Groq and LiveKit."""
CHECK_LIMIT_S = 2.0
WRITES_EVERY_S = 60.0
"""How often a report checks that the store takes writes: anybody may ask for one. The others only read."""


@dataclass(frozen=True, slots=True)
class Report:
    well: bool
    checks: Sequence[Finding]


class Health:
    """Runs one examination at a time; requests that come in meanwhile share its report."""

    def __init__(self, settings: Settings, checks_here: Sequence[Check]) -> None:
        self._settings = settings
        self._checks = checks_here
        self._one_at_a_time = asyncio.Lock()
        self._report = Report(well=False, checks=())
        self._made_at: float | None = None

    async def report(self) -> Report:
        async with self._one_at_a_time:
            now = asyncio.get_running_loop().time()
            if self._made_at is None or now - self._made_at >= FRESH_S:
                findings = [
                    finding
                    async for finding in examine(self._settings, checks=self._checks, limit_s=CHECK_LIMIT_S)
                ]
                well = all(finding.verdict is Verdict.WELL for finding in findings)
                self._report = Report(well, findings)
                self._made_at = asyncio.get_running_loop().time()
            return self._report


class _StoreCheck:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._took_writes_at: float | None = None

    async def look(self, settings: Settings) -> str:
        try:
            held = await self._store.calls_held()
        except StoreError as error:
            right = "check that the database exists and can be written"
            raise OutOfReach(SETTING, "the store does not answer", right) from error
        now = asyncio.get_running_loop().time()
        if self._took_writes_at is None or now - self._took_writes_at >= WRITES_EVERY_S:
            self._took_writes_at = None  # if the store takes no writes, the next report tries again
            await asyncio.to_thread(check_writable, settings.worker.store, wait_s=CHECK_LIMIT_S / 2)
            self._took_writes_at = now
        return f"it accepts writes; {held} calls are open"


def checks_of(store: Store, groq: AsyncGroq, roster: Roster, clock: Clock) -> Sequence[Check]:
    """Return the doctor's checks, on the resources that the service has open. None blocks the loop."""

    async def look_at_roster(settings: Settings) -> str:
        return f"{', '.join(roster.names)}; {roster.first_role(settings.call).id} answers calls"

    async def look_at_workers(_: Settings) -> str:
        return await living_workers(store)

    async def look_at_groq(settings: Settings) -> str:
        await open_connection(groq, settings.groq)
        return f"{settings.groq_access.base_url} answers, and accepts the key"

    async def look_at_models(settings: Settings) -> str:
        await check_models(groq, settings.groq, role_models=roster.role_models)
        return "all are available"

    async def look_at_limits(_: Settings) -> str:
        return await spent_limits(store)

    return (
        Check("roster", frozenset(), look_at_roster),
        Check("store", frozenset(), _StoreCheck(store).look),
        Check("livekit", frozenset(), checks.check_livekit_answers),
        Check("groq", frozenset(), look_at_groq),
        Check("models", frozenset({"groq"}), look_at_models),
        Check("workers", frozenset(), look_at_workers),
        Check("limits", frozenset(), look_at_limits),
    )
