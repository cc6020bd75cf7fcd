"""Writes that the store does not take at once."""

from __future__ import annotations

import asyncio

import pytest

from errors import StaleHandoff, StoreUnusable
from persistence.write_queue import WAIT_S, Ledger

pytestmark = pytest.mark.looptime


class Book:
    """A store that is closed until `open` is set."""

    def __init__(self) -> None:
        self.open = True
        self.written: list[str] = []

    async def write(self, what: str) -> None:
        if not self.open:
            raise StoreUnusable("locked")
        if what == "stale":
            raise StaleHandoff("moved")
        self.written.append(what)


async def test_writes_keep_their_order_when_the_store_comes_back() -> None:
    book, ledger = Book(), Ledger()
    book.open = False
    ledger.note(lambda: book.write("first"))
    ledger.note(lambda: book.write("second"))
    await asyncio.sleep(10)
    book.open = True
    ledger.note(lambda: book.write("third"))
    await ledger.close(10)
    assert book.written == ["first", "second", "third"]


async def test_a_caller_waits_for_no_store_longer_than_its_limit() -> None:
    ledger = Ledger()

    async def slow() -> None:
        await asyncio.sleep(60)

    began = asyncio.get_running_loop().time()
    await ledger.write(slow)
    assert asyncio.get_running_loop().time() - began == pytest.approx(WAIT_S)
    await ledger.close(100)


async def test_a_lost_guard_is_told_at_once_and_holds_up_nothing() -> None:
    book, ledger = Book(), Ledger()
    with pytest.raises(StaleHandoff):
        await ledger.write(lambda: book.write("stale"))
    ledger.note(lambda: book.write("next"))
    await ledger.close(1)
    assert book.written == ["next"]


async def test_a_kept_write_that_has_become_stale_is_dropped() -> None:
    book, ledger = Book(), Ledger()
    book.open = False
    ledger.note(lambda: book.write("stale"))
    ledger.note(lambda: book.write("next"))
    await asyncio.sleep(1)
    book.open = True
    await ledger.close(10)
    assert book.written == ["next"]


async def test_what_the_store_never_takes_is_dropped_in_the_end() -> None:
    book, ledger = Book(), Ledger()
    book.open = False
    ledger.note(lambda: book.write("lost"))
    await ledger.close(5)
    assert asyncio.all_tasks() == {asyncio.current_task()}
