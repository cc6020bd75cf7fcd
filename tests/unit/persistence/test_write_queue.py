"""Writes that the store does not take at once."""

from __future__ import annotations

import asyncio

import pytest

from errors import StaleHandoff, StoreUnusable
from persistence.write_queue import WAIT_S, WriteQueue

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
    book, write_queue = Book(), WriteQueue()
    book.open = False
    write_queue.enqueue(lambda: book.write("first"))
    write_queue.enqueue(lambda: book.write("second"))
    await asyncio.sleep(10)
    book.open = True
    write_queue.enqueue(lambda: book.write("third"))
    await write_queue.close(10)
    assert book.written == ["first", "second", "third"]


async def test_a_caller_waits_for_no_store_longer_than_its_limit() -> None:
    write_queue = WriteQueue()

    async def slow() -> None:
        await asyncio.sleep(60)

    began = asyncio.get_running_loop().time()
    await write_queue.write(slow)
    assert asyncio.get_running_loop().time() - began == pytest.approx(WAIT_S)
    await write_queue.close(100)


async def test_a_lost_guard_is_told_at_once_and_holds_up_nothing() -> None:
    book, write_queue = Book(), WriteQueue()
    with pytest.raises(StaleHandoff):
        await write_queue.write(lambda: book.write("stale"))
    write_queue.enqueue(lambda: book.write("next"))
    await write_queue.close(1)
    assert book.written == ["next"]


async def test_a_kept_write_that_has_become_stale_is_dropped() -> None:
    book, write_queue = Book(), WriteQueue()
    book.open = False
    write_queue.enqueue(lambda: book.write("stale"))
    write_queue.enqueue(lambda: book.write("next"))
    await asyncio.sleep(1)
    book.open = True
    await write_queue.close(10)
    assert book.written == ["next"]


async def test_what_the_store_never_takes_is_dropped_in_the_end() -> None:
    book, write_queue = Book(), WriteQueue()
    book.open = False
    write_queue.enqueue(lambda: book.write("lost"))
    await write_queue.close(5)
    assert asyncio.all_tasks() == {asyncio.current_task()}
