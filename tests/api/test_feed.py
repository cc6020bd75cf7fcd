"""The feed and its streams: every event once, in order, without a gap, even after a stream reconnects."""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from errors import StoreError
from operators.api import event_feed as feeding
from operators.api import sse as streaming
from operators.api.event_feed import Feed
from operators.api.sse import stream
from persistence.contract.store import Store
from persistence.records import CALLER, CallId
from persistence.sqlite import open_store
from persistence.sqlite.migrate import migrate
from tests.contract.building import START
from tests.support.api.building import many_calls

LIMIT_S = 30.0
_NUMBERS = itertools.count()


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """The store, as the service opens it."""
    migrate(tmp_path / "baton.db")
    async with open_store(tmp_path / "baton.db") as opened:
        yield opened


@pytest.fixture
async def worker(store: Store, tmp_path: Path) -> AsyncIterator[Store]:
    """The same database, as a worker opens it."""
    async with open_store(tmp_path / "baton.db") as opened:
        yield opened


@pytest.fixture
async def feed(store: Store) -> AsyncIterator[Feed]:
    made = Feed(store, latest=await store.latest_event())
    following = asyncio.create_task(made.follow())
    yield made
    following.cancel()
    await asyncio.wait([following])


async def welcome() -> bool:
    return True


async def said(store: Store, call_id: CallId, count: int) -> None:
    """Append `count` new, different turns: a turn equal to another counts as the same one."""
    for _ in range(count):
        await store.append_turn(call_id, CALLER, str(next(_NUMBERS)), started_at=START, ended_at=START)


async def has_seen(feed: Feed, event_id: int) -> None:
    async with asyncio.timeout(LIMIT_S):
        while feed.latest < event_id:  # noqa: ASYNC110 - it tells its listeners, and none is wanted here
            await asyncio.sleep(0)


async def read(written: AsyncIterator[bytes], *, until: int) -> list[int]:
    """Return the ids that a stream sends, up to and including `until`."""
    ids: list[int] = []
    async with asyncio.timeout(LIMIT_S):
        async for chunk in written:
            ids += [int(found) for found in re.findall(rb"^id: (\d+)$", chunk, re.MULTILINE)]
            if ids and ids[-1] >= until:
                break
    return ids


async def test_from_now_on_nothing_older_is_sent(store: Store, worker: Store, feed: Feed) -> None:
    (call,) = await many_calls(worker, 1)
    await said(worker, call.id, 3)
    await has_seen(feed, 4)
    async with aclosing(stream(store, feed, after=None, call_id=None, welcome=welcome)) as written:
        assert (await anext(written)).startswith(b"retry: ")
        await said(worker, call.id, 2)
        assert await read(written, until=6) == [5, 6]


async def test_what_was_missed_comes_first_and_then_what_happens_without_a_gap(
    store: Store, worker: Store, feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeding, "PAGE", 7)
    (call,) = await many_calls(worker, 1)
    await said(worker, call.id, 50)
    saying = asyncio.create_task(said(worker, call.id, 100))
    async with aclosing(stream(store, feed, after=3, call_id=None, welcome=welcome)) as written:
        assert await read(written, until=151) == list(range(4, 152))
    await saying


async def test_many_who_break_off_at_any_place_and_come_back_miss_nothing_and_hear_nothing_twice(
    store: Store, worker: Store, feed: Feed
) -> None:
    (call,) = await many_calls(worker, 1)

    async def follow(every: int) -> list[int]:
        ids: list[int] = []
        while not ids or ids[-1] < 151:
            after = ids[-1] if ids else 0
            async with aclosing(stream(store, feed, after=after, call_id=None, welcome=welcome)) as written:
                ids += await read(written, until=min(after + every, 151))
        return ids

    listening = [asyncio.create_task(follow(every)) for every in (1, 7, 40)]
    await said(worker, call.id, 150)
    for ids in await asyncio.gather(*listening):
        assert ids == list(range(1, 152))


async def test_a_place_ahead_of_the_feed_is_kept_to(store: Store, worker: Store) -> None:
    (call,) = await many_calls(worker, 1)
    feed = Feed(store, latest=0)  # it has not looked yet, but the client has read the store
    written = stream(store, feed, after=1, call_id=None, welcome=welcome)
    await anext(written)
    reading = asyncio.create_task(read(written, until=3))
    following = asyncio.create_task(feed.follow())
    await said(worker, call.id, 2)
    assert await reading == [2, 3]
    following.cancel()
    await asyncio.wait([following])
    await written.aclose()


async def test_of_one_call_only_its_own_events_are_sent(store: Store, worker: Store, feed: Feed) -> None:
    first, second = await many_calls(worker, 2)
    await said(worker, second.id, 2)
    async with aclosing(stream(store, feed, after=0, call_id=first.id, welcome=welcome)) as written:
        assert await read(written, until=1) == [1]
        await said(worker, second.id, 2)
        await said(worker, first.id, 1)
        assert await read(written, until=7) == [7]


async def test_whoever_reads_too_slowly_is_let_go_and_resumes(
    store: Store, worker: Store, feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeding, "WAITING", 10)
    (call,) = await many_calls(worker, 1)
    await has_seen(feed, 1)
    async with aclosing(stream(store, feed, after=None, call_id=None, welcome=welcome)) as written:
        await anext(written)
        await said(worker, call.id, 40)
        await has_seen(feed, 41)
        ids = await read(written, until=100)  # the stream ends by itself
    assert ids == list(range(2, 2 + len(ids)))
    assert len(ids) <= 10
    assert feed.listeners == 0
    after = ids[-1] if ids else 1
    async with aclosing(stream(store, feed, after=after, call_id=None, welcome=welcome)) as written:
        assert await read(written, until=41) == list(range(after + 1, 42))


async def test_a_quiet_line_beats_and_ends_when_its_token_is_revoked(
    store: Store, feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "HEARTBEAT_S", 0.02)
    monkeypatch.setattr(streaming, "LOOK_AT_TOKEN_S", 0.02)
    looks = iter([True, True, False])

    async def still_welcome() -> bool:
        return next(looks)

    async with asyncio.timeout(LIMIT_S):
        chunks = [
            chunk async for chunk in stream(store, feed, after=None, call_id=None, welcome=still_welcome)
        ]
    assert chunks[1:] == [b": still here\n\n"] * 3


async def test_a_busy_line_ends_as_well_when_its_token_is_revoked(
    store: Store, worker: Store, feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "LOOK_AT_TOKEN_S", 0.05)
    (call,) = await many_calls(worker, 1)

    async def revoked() -> bool:
        return False

    saying = asyncio.create_task(said(worker, call.id, 500))
    async with asyncio.timeout(LIMIT_S):
        async for _ in stream(store, feed, after=None, call_id=None, welcome=revoked):
            pass
    saying.cancel()
    await asyncio.wait([saying])


async def test_when_the_service_stops_every_stream_ends(store: Store, feed: Feed) -> None:
    streams = [stream(store, feed, after=None, call_id=None, welcome=welcome) for _ in range(3)]
    for written in streams:
        await anext(written)
    assert feed.listeners == 3
    feed.close()
    async with asyncio.timeout(LIMIT_S):
        assert [[chunk async for chunk in written] for written in streams] == [[], [], []]
    assert feed.listeners == 0


async def test_a_feed_whose_store_fails_for_a_while_misses_nothing(
    store: Store, worker: Store, feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeding, "LOOK_AGAIN_S", 0.01)
    failures = iter([True] * 5)
    events = store.events

    async def failing(**wanted: Any) -> object:
        if next(failures, False):
            raise StoreError("the database did not answer")
        return await events(**wanted)

    monkeypatch.setattr(store, "events", failing)
    ids: list[int] = []
    with feed.listen() as listener:
        (call,) = await many_calls(worker, 1)
        await said(worker, call.id, 3)
        async with asyncio.timeout(LIMIT_S):
            while ids[-1:] != [4]:
                ids += [one.id for one in await listener.next()]
    assert ids == [1, 2, 3, 4]
    assert not next(failures, False)
