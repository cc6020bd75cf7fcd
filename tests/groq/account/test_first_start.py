"""The first start on a free key: the lines are made in order of need, at the pace that Groq's limits allow.

Nothing really waits: account and pace share one clock, and waiting moves it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from agents.groq.budget.budget import Answer, Budget
from agents.groq.documented_limits import Tier
from agents.groq.rate_limits import LimitsSeen, limits_in
from agents.groq.tts.pace import SHARE, SpeechPace
from agents.groq.tts.spoken.form import spoken_form
from agents.process.spoken_prompts import missing_prompts, prompts_of, render_prompts
from agents.roster.roster import Roster, load_roster
from agents.worker.preflight import prepare_lines
from local.groq_standin import StandIn, standin
from local.groq_standin.account.account import Account, Request
from readiness import GROQ, Readiness
from settings import GroqSettings, Settings
from tasks import Tasks
from tests.groq.connection import SCRIPT

ROSTER = Path(__file__).parents[3] / "roster"
ORPHEUS = "canopylabs/orpheus-v1-english"
DAY_S = 86_400.0
AT_ONCE = 4
"""Lines requested at the same time, if the limits allow it."""


@dataclass
class Clock:
    """The clock of account and pace. `stop_at`: a wait that would go past it ends the run instead.

    `passing`: called with the seconds that pass.
    """

    account: Account
    stop_at: float = float("inf")
    passing: Callable[[float], None] = lambda _: None

    def now(self) -> float:
        return self.account.clock.now()

    async def sleep(self, seconds: float) -> None:
        if self.now() + seconds > self.stop_at:
            raise Stopped
        self.account.clock.forward(seconds)
        self.passing(seconds)

    def pace(self, seen: LimitsSeen, model: str, waits: asyncio.Event) -> SpeechPace:
        return SpeechPace(seen, model, waits=waits, now=self.now, sleep=self.sleep)


@dataclass
class Calls:
    """Speech requests, `a_minute` a minute, from whose answers `budget` learns as from those of jobs."""

    account: Account
    budget: Budget
    a_minute: float
    _due: float = 0.0

    def go_on(self, seconds: float) -> None:
        self._due += seconds * self.a_minute / 60
        while self._due >= 1:
            self._due -= 1
            self.account.admit(Request(ORPHEUS, tokens=20))
            self.budget.learn(Answer(ORPHEUS, limits_in(self.account.headers(ORPHEUS))))


class Stopped(Exception):
    """The program ends here."""


@pytest.fixture
async def free() -> AsyncIterator[StandIn]:
    async with standin(SCRIPT, account=Account(Tier.FREE)) as running:
        running.control.account.clock.stop()
        yield running


@pytest.fixture
def start(free: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("GROQ_BASE_URL", free.url)
    monkeypatch.setenv("GROQ_API_KEY", free.key)
    monkeypatch.setenv("BATON_LINES_FOLDER", str(tmp_path / "lines"))
    monkeypatch.setenv("BATON_GROQ_SPEAKING_LIMIT_S", "60")  # a busy machine must not cause a retry
    return Settings()


@pytest.fixture(scope="module")
def roster() -> Roster:
    """Two of the project's roles, for fewer lines: more than a day's worth of a free key."""
    whole = load_roster(ROSTER, voices=GroqSettings.model_construct().voices.split())
    desk, billing = whole.role("front-desk"), whole.role("billing")
    roles = (
        desk.model_copy(update={"transfers_to": (billing.id,)}),
        billing.model_copy(update={"transfers_to": (desk.id,)}),
    )
    return replace(whole, roles={role.id: role for role in roles})


async def test_all_lines_are_made_without_one_refusal_and_a_restart_makes_none_twice(
    free: StandIn, start: Settings, roster: Roster
) -> None:
    account, wanted = free.control.account, prompts_of(roster, start.call)
    clock = Clock(account)
    began = clock.now()
    clock.stop_at = began + 0.5 * DAY_S
    with pytest.raises(Stopped):
        await render_prompts(start, roster, pace=clock.pace)
    made = account.ledger[ORPHEUS].requests
    assert 20 < made < len(wanted)
    clock.stop_at = float("inf")
    await render_prompts(start, roster, pace=clock.pace)
    used = account.ledger[ORPHEUS]
    assert not missing_prompts(start, roster)
    assert (used.requests, used.refused) == (len(wanted), 0)
    characters = sum(len(spoken_form(text)) for _, text in wanted)
    assert used.characters == characters
    assert clock.now() - began < characters / (SHARE * 3_600) * DAY_S  # as if every day began without room


async def test_what_a_call_begins_with_is_made_first(free: StandIn, start: Settings, roster: Roster) -> None:
    clock = Clock(free.control.account, stop_at=free.control.account.clock.now() + 60)
    with pytest.raises(Stopped):
        await render_prompts(start, roster, pace=clock.pace)
    spoken = [str(entry.details["input_characters"]) for entry in free.control.requests("speech")]
    first = [str(len(text)) for _, text in prompts_of(roster, start.call)]
    assert sorted(spoken) == sorted(first[: len(spoken)])
    assert 5 <= len(spoken) <= 10


async def refused_beside_calls(account: Account, start: Settings, roster: Roster) -> int:
    """Count refused requests in the first five minutes of lines, beside eight requests a minute of calls."""
    clock = Clock(account, stop_at=account.clock.now() + 300)
    budget = Budget(clock.now)
    clock.passing = Calls(account, budget, a_minute=8).go_on
    with pytest.raises(Stopped):
        await render_prompts(start, roster, pace=clock.pace, budget=budget)
    return account.ledger[ORPHEUS].refused


async def test_lines_leave_the_minute_to_calls_that_have_used_most_of_it(
    free: StandIn, start: Settings, roster: Roster
) -> None:
    assert await refused_beside_calls(free.control.account, start, roster) == 0
    assert len(free.control.requests("speech")) >= 5


async def test_what_others_spent_of_the_minute_before_the_start_refuses_each_request_at_most_once(
    free: StandIn, start: Settings, roster: Roster
) -> None:
    account = free.control.account
    Calls(account, Budget(account.clock.now), a_minute=8).go_on(60)  # the start has not seen these requests
    assert 1 <= await refused_beside_calls(account, start, roster) <= AT_ONCE


async def test_calls_are_taken_while_the_limits_make_the_lines_wait(
    free: StandIn, start: Settings, roster: Roster
) -> None:
    rest = Tasks()
    try:
        async with asyncio.timeout(8):
            await prepare_lines(start, roster, Readiness([GROQ], tell=lambda _: None), rest, Budget())
    finally:
        await rest.cancel()
    assert missing_prompts(start, roster)
    assert free.control.account.ledger[ORPHEUS].refused == 0


async def test_a_limit_that_calls_have_spent_is_waited_for_and_fails_nothing(
    free: StandIn, start: Settings, roster: Roster
) -> None:
    role = roster.role("front-desk").model_copy(update={"transfers_to": ()})
    roster = replace(roster, roles={role.id: role})  # few lines
    free.control.account.use(Tier.DEVELOPER)
    free.control.fault("speech", "daily_limit", retry_after_s=1_000)
    clock = Clock(free.control.account)
    began = clock.now()
    await render_prompts(start, roster, pace=clock.pace)
    assert not missing_prompts(start, roster)
    waited_s = round(clock.now() - began, 6)  # the clock adds floats
    assert 2_000 <= waited_s < 2_100
