"""Two workers on one account: what one learns, the other knows after its next poll of the store."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from pydantic import SecretStr

from agents.groq.budget.budget import Answer, Budget, Spend
from agents.worker.budget_desk import BudgetDesk
from agents.worker.shared_limits import SharedLimits, account_of
from errors import StoreError
from persistence.records import SpentLimit, WorkerId
from settings import GroqAccess, GroqSettings
from tests.support.memory_store import MemoryDatabase, MemoryStore

CHAT = "openai/gpt-oss-120b"


class Time:
    """The store's time. Each worker's own clock shows another."""

    def __init__(self) -> None:
        self.s = 1_000_000.0

    def ms(self) -> int:
        return round(1000 * self.s)


class Worker:
    def __init__(
        self, name: str, time: Time, database: MemoryDatabase, *, ahead_s: float, account: str
    ) -> None:
        self.store = MemoryStore(database=database)
        self.budget = Budget(lambda: time.s + ahead_s)
        self.desk = BudgetDesk(self.budget, GroqSettings(), lambda: 0)
        self.shared = SharedLimits(self.store, self.budget, self.desk, account=account, worker=WorkerId(name))
        self.budget.heard = self.shared.on_answer


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def database(time: Time) -> MemoryDatabase:
    return MemoryDatabase(time.ms)


@pytest.fixture
def first(time: Time, database: MemoryDatabase) -> Worker:
    return Worker("worker-1", time, database, ahead_s=0.0, account="ours")


@pytest.fixture
def second(time: Time, database: MemoryDatabase) -> Worker:
    return Worker("worker-2", time, database, ahead_s=-77_777.0, account="ours")


async def test_a_days_limit_of_one_worker_is_known_to_the_other(
    first: Worker, second: Worker, time: Time
) -> None:
    first.budget.learn(Answer(CHAT, held_s=2_170.0, day=True))
    await first.shared.poll()
    time.s += 0.5
    await second.shared.poll()
    hold = second.budget.hold(CHAT)
    assert hold is not None
    assert (round(hold.left_s, 1), hold.day) == (2_169.5, True)
    assert not second.budget.allows(Spend.NEW_CALL, [CHAT])


async def test_room_that_one_worker_finds_is_known_to_the_other(
    first: Worker, second: Worker, time: Time
) -> None:
    first.budget.learn(Answer(CHAT, held_s=20.0))
    for worker in (first, second, first):
        await worker.shared.poll()
    time.s += 3
    assert second.budget.try_held(CHAT)
    second.budget.learn(Answer(CHAT, works=True))
    for worker in (second, first):
        await worker.shared.poll()
    assert first.budget.hold(CHAT) is None
    time.s += 0.5
    first.budget.learn(Answer(CHAT, held_s=20.0))
    for worker in (first, second):
        await worker.shared.poll()
    assert second.budget.hold(CHAT) is not None, "and what is spent again"


async def test_room_that_is_found_while_the_store_is_read_stays_found(
    first: Worker, second: Worker, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    first.budget.learn(Answer(CHAT, held_s=20.0))
    await first.shared.poll()
    read = first.store.spent_limits

    async def meanwhile() -> Sequence[SpentLimit]:
        rows = await read()
        first.budget.learn(Answer(CHAT, works=True))
        return rows

    time.s += 1
    with monkeypatch.context() as patch:
        patch.setattr(first.store, "spent_limits", meanwhile)
        await first.shared.poll()
    for worker in (first, second):
        await worker.shared.poll()
        assert worker.budget.hold(CHAT) is None


async def test_only_changes_are_written(
    first: Worker, second: Worker, time: Time, database: MemoryDatabase
) -> None:
    first.budget.learn(Answer(CHAT, held_s=60.0))
    for _ in range(100):
        time.s += 0.5
        first.budget.learn(Answer(CHAT))
        first.budget.learn(Answer(CHAT, held_s=0.3))
        for worker in (first, second):
            await worker.shared.poll()
    assert database.version == _empty_version(time) + 1
    assert first.budget.hold(CHAT) is not None
    time.s += 60
    for worker in (first, second):
        await worker.shared.poll()
        assert worker.budget.hold(CHAT) is None


def _empty_version(time: Time) -> int:
    return MemoryDatabase(time.ms).version


async def test_another_accounts_limits_are_no_concern(
    first: Worker, time: Time, database: MemoryDatabase
) -> None:
    stranger = Worker("worker-3", time, database, ahead_s=0.0, account="another")
    first.budget.learn(Answer(CHAT, held_s=60.0))
    for worker in (first, stranger):
        await worker.shared.poll()
    assert stranger.budget.hold(CHAT) is None


async def test_a_store_that_is_away_is_no_failure(
    first: Worker, second: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object, **__: object) -> None:
        raise StoreError("it does not answer")

    first.budget.learn(Answer(CHAT, held_s=60.0))
    with monkeypatch.context() as patch:
        patch.setattr(first.store, "note_spent_limit", away)
        await first.shared.poll()
    for worker in (first, second):
        await worker.shared.poll()
    assert second.budget.hold(CHAT) is not None


def test_the_account_does_not_give_the_key_away() -> None:
    one, other = (
        account_of(GroqAccess.model_construct(base_url="https://api.groq.com", api_key=SecretStr(key)))
        for key in ("gsk_one", "gsk_other")
    )
    assert one != other
    assert "gsk" not in one + other
