"""What a process has spent is kept, however the process ends."""

from __future__ import annotations

import asyncio
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.groq.spending.book import SpendingBook
from agents.process.cost_file import CostFolder, taken
from agents.process.costs import CostKeeper, save_left_costs
from errors import StoreUnusable
from persistence.records import CallId, Cost, JobId, Used
from persistence.write_queue import WriteQueue
from tests.contract.building import CALL, HOLDER, a_call
from tests.support.memory_store import MemoryStore

SPOKEN = Used(requests=1, characters=20)
KILLED = """
import sys, time
from agents.process.cost_file import CostFolder
from persistence.records import CallId, Cost, JobId, Used
file = CostFolder(sys.argv[1]).new_file("job-9")
file.write([Cost(CallId("call-1"), JobId("job-9"), "a model with a long name", False, Used(requests=1000))])
file.write([Cost(CallId("call-1"), JobId("job-9"), "speech", False, Used(requests=1, characters=20))])
print("written", flush=True)
time.sleep(60)
"""


@pytest.fixture
def address(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/baton.db"


@pytest.fixture
def folder(address: str) -> Iterator[CostFolder]:
    made = CostFolder(address)
    yield made
    shutil.rmtree(made.path, ignore_errors=True)


@pytest.fixture
async def store() -> MemoryStore:
    made = MemoryStore()
    await made.open_call(a_call())
    return made


async def test_what_was_spent_before_the_call_is_known_is_the_calls_too(
    folder: CostFolder, store: MemoryStore
) -> None:
    book = SpendingBook()
    keeper = CostKeeper(book, WriteQueue(), folder)
    book.add("speech", False, SPOKEN)
    keeper.keep(store, CALL, HOLDER)
    book.add("speech", True, SPOKEN)
    await keeper.close(1.0)
    assert {cost.thrown_away: cost.used for cost in await store.costs(CALL)} == {False: SPOKEN, True: SPOKEN}
    assert not folder.files()


async def test_a_store_that_takes_nothing_leaves_the_file_for_the_next_worker(
    folder: CostFolder, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(_: object) -> None:
        raise StoreUnusable("locked")

    book = SpendingBook()
    keeper = CostKeeper(book, WriteQueue(), folder)
    with monkeypatch.context() as patched:
        patched.setattr(store, "save_costs", away)
        keeper.keep(store, CALL, HOLDER)
        book.add("speech", False, SPOKEN)
        await keeper.close(0.05)
    await swept(folder, store)
    assert list(await store.costs(CALL)) == [Cost(CALL, HOLDER, "speech", False, SPOKEN)]


async def test_a_killed_process_loses_nothing(folder: CostFolder, store: MemoryStore, address: str) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        KILLED,
        address,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    await process.stdout.readline()
    (file,) = folder.files()
    assert taken(file) is None, "its process lives"
    process.send_signal(signal.SIGKILL)
    await process.wait()
    await swept(folder, store)
    killed = JobId("job-9")
    assert list(await store.costs(CALL)) == [Cost(CALL, killed, "speech", False, SPOKEN)]


async def test_costs_of_a_call_that_is_in_no_store_are_dropped(
    folder: CostFolder, store: MemoryStore
) -> None:
    file = folder.new_file(HOLDER)
    assert file is not None
    file.write([Cost(CallId("call-9"), HOLDER, "speech", False, SPOKEN)])
    file.close(remove=False)
    await swept(folder, store)


async def swept(folder: CostFolder, store: MemoryStore) -> None:
    """Have a worker save left costs until no file is left."""
    sweeping = asyncio.create_task(save_left_costs(folder, store))
    async with asyncio.timeout(600):
        while folder.files():  # noqa: ASYNC110 - files tell nobody that they are gone
            await asyncio.sleep(0.01)
    sweeping.cancel()
