"""A connection that is lost between a move and its answer: the move is made once, and its retry succeeds."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import psycopg
import pytest

from errors import StaleHandoff, StoreError
from persistence.contract.handoffs import Outcome
from persistence.contract.store import Store
from persistence.engines import migrate, open_store
from persistence.postgres import connection
from persistence.records import (
    CallEnd,
    HandoffState,
    Lookup,
    OperatorRequest,
    RequestId,
    RequestKind,
    RoleName,
    SummarySource,
    Trouble,
    WorkerId,
)
from persistence.sql import lost_answers
from persistence.write_queue import WriteQueue
from tests.contract.building import (
    CALL,
    FIRST,
    HANDOFF,
    HOLDER,
    START,
    TARGET,
    WORKER,
    a_call,
    an_attempt,
    brought_to,
)
from tests.unit.persistence.cut_line import CutLine, cut_line

S = HandoffState
Make = Callable[[Store], Awaitable[object]]


def a_request() -> OperatorRequest:
    return OperatorRequest(
        RequestId("request-1"), CALL, "room-1", RequestKind.SAY, "Hello", "anna", "key-1", START
    )


MOVES: dict[str, tuple[HandoffState | None, Make]] = {
    "open_call": (None, lambda store: store.open_call(a_call())),
    "append_turn": (
        S.REQUESTED,
        lambda store: store.append_turn(CALL, "caller", 'a "b", (c)\\', started_at=START, ended_at=START),
    ),
    "note_trouble": (S.REQUESTED, lambda store: store.note_trouble(Trouble(CALL, "part", "error", START))),
    "note_lookup": (
        S.REQUESTED,
        lambda store: store.note_lookup(CALL, "", next(iter(Lookup)), by=HOLDER, at=START),
    ),
    "begin_attempt": (
        S.REQUESTED,
        lambda store: store.begin_attempt(an_attempt(), previous=None, actor=HOLDER),
    ),
    "claim_attempt": (
        S.DISPATCHING,
        lambda store: store.claim_attempt(HANDOFF, FIRST, TARGET, worker=WORKER, at=START),
    ),
    "accept": (S.BRIEFING, lambda store: store.accept(HANDOFF, FIRST, TARGET, at=START)),
    "complete": (S.ACCEPTED, lambda store: store.complete(HANDOFF, FIRST, TARGET, at=START)),
    "end_handoff": (
        S.BRIEFING,
        lambda store: store.end_handoff(
            HANDOFF, Outcome(S.CANCELLED, "so"), attempt_id=FIRST, actor=HOLDER, at=START
        ),
    ),
    "redirect": (
        S.BRIEFING,
        lambda store: store.redirect_handoff(HANDOFF, RoleName("technical"), by="anna", at=START),
    ),
    "add_request": (S.REQUESTED, lambda store: store.add_request(a_request())),
    "hold_call": (S.CANCELLED, lambda store: store.hold_call(CALL, by="anna", at=START)),
    "mark_lost": (
        S.REQUESTED,
        lambda store: store.mark_lost(CALL, job=HOLDER, of=WORKER, by=WorkerId("other"), at=START),
    ),
    "end_call": (S.CANCELLED, lambda store: store.end_call(CALL, CallEnd.CALLER_LEFT, job=HOLDER, at=START)),
}


@pytest.fixture
async def line(empty_postgres: str) -> AsyncIterator[CutLine]:
    with tempfile.TemporaryDirectory(prefix="baton-line-") as folder:
        async with cut_line(empty_postgres, Path(folder)) as line:
            yield line


async def prepared(store: Store, state: HandoffState | None) -> None:
    if state is not None:
        await brought_to(store, state)


async def expected(url: str, name: str) -> tuple[object, list[object]]:
    """Return the move's answer, and the events that there are when nothing is lost."""
    state, make = MOVES[name]
    async with open_store(url) as store:
        await prepared(store, state)
        answer = await make(store)
        return answer, events_of(url)


def events_of(url: str) -> list[object]:
    with psycopg.connect(url) as asking:
        rows = asking.execute("SELECT subject, kind, moved_from, moved_to, actor FROM events ORDER BY id")
        return [*rows.fetchall(), *asking.execute("SELECT part, error FROM troubles").fetchall()]


@pytest.mark.parametrize("name", MOVES)
async def test_a_move_whose_answer_was_lost_is_made_once_and_told_as_made(
    name: str, emptied: Callable[[], str], line: CutLine
) -> None:
    state, make = MOVES[name]
    wanted, events = await expected(emptied(), name)
    for cut in (line.cut_before, line.cut_after_commit):
        url = emptied()
        async with open_store(line.url) as store:
            await prepared(store, state)
            cut()
            with pytest.raises(StoreError):
                await make(store)
            assert await make(store) == wanted
            assert events_of(url) == events
    assert line.cuts == 2
    assert not writers(url), "a store that was closed leaves nothing behind"


async def test_a_kept_write_whose_answer_was_lost_is_not_refused(
    line: CutLine, caplog: pytest.LogCaptureFixture
) -> None:
    queue = WriteQueue()
    async with open_store(line.url) as store:
        await prepared(store, S.ACCEPTED)
        line.cut_after_commit()
        assert await queue.write(partial(store.complete, HANDOFF, FIRST, TARGET, at=START)) is None
        assert await queue.settled(30)
    assert "refused" not in caplog.text


def writers(url: str) -> int:
    with psycopg.connect(url) as asking:
        row = asking.execute("SELECT count(*) FROM writers").fetchone()
    assert row is not None
    return int(row[0])


async def test_finding_3_what_a_process_wrote_last_goes_with_the_callers_words(
    emptied: Callable[[], str],
) -> None:
    url, words = emptied(), "the red parrot bites"
    async with open_store(url) as store, open_store(url) as forgetting:
        await prepared(store, S.FAILED)
        await store.end_call(CALL, CallEnd.GOODBYE, job=HOLDER, at=START)
        await store.save_summary(HANDOFF, words, SummarySource.MODEL)
        assert words in answers(url)
        assert await forgetting.forget_call(CALL, by="anna", at=START)
        assert words not in answers(url)
        await store.add_request(replace(a_request(), call_id=None, kind=RequestKind.TOKEN))


def answers(url: str) -> str:
    with psycopg.connect(url) as asking:
        return repr(asking.execute("SELECT answer FROM writers").fetchall())


async def test_what_others_did_meanwhile_takes_no_answer_away(line: CutLine) -> None:
    async with open_store(line.url) as store:
        await prepared(store, S.ACCEPTED)
        line.cut_after_commit()
        with pytest.raises(StoreError):
            await store.complete(HANDOFF, FIRST, TARGET, at=START)
        await store.append_turn(CALL, "caller", "Yes", started_at=START, ended_at=START)
        await store.end_call(CALL, CallEnd.CALLER_LEFT, job=TARGET, at=START)
        assert (await store.complete(HANDOFF, FIRST, TARGET, at=START)).state is S.COMPLETED
        with pytest.raises(StaleHandoff):
            await store.complete(HANDOFF, FIRST, TARGET, at=START)


async def test_a_move_of_another_or_of_later_is_no_retry(
    line: CutLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_store(line.url) as store:
        await prepared(store, S.ACCEPTED)
        line.cut_after_commit()
        with pytest.raises(StoreError):
            await store.complete(HANDOFF, FIRST, TARGET, at=START)
        with pytest.raises(StaleHandoff):
            await store.complete(HANDOFF, FIRST, HOLDER, at=START)
        monkeypatch.setattr(lost_answers, "KEPT_S", 0)
        line.cut_after_commit()
        with pytest.raises(StoreError):
            await store.end_call(CALL, CallEnd.CALLER_LEFT, job=TARGET, at=START)
        assert not await store.end_call(CALL, CallEnd.CALLER_LEFT, job=TARGET, at=START)


async def test_a_move_that_was_given_up_is_not_made_beside_its_retry(
    empty_postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_store(empty_postgres) as store:
        await store.open_call(a_call())
        trouble = Trouble(CALL, "part", "error", START)
        with psycopg.connect(empty_postgres) as busy:
            busy.execute("SELECT lock_call(%s)", (CALL,))
            with monkeypatch.context() as hasty:
                hasty.setattr(connection, "_WAIT_S", 0.1)
                with pytest.raises(StoreError, match="did not answer within"):
                    await store.note_trouble(trouble)
            retry = asyncio.create_task(store.note_trouble(trouble))
            await asyncio.sleep(0.1)  # both wait for the lock by now; no event says so
            busy.rollback()
        await retry
        assert len(await store.troubles(CALL)) == 1


async def test_a_file_that_was_moved_away_during_a_move_and_put_back_has_made_it(tmp_path: Path) -> None:
    file, away = tmp_path / "baton.db", tmp_path / "away"
    migrate(f"sqlite:///{file}")
    async with open_store(f"sqlite:///{file}") as store:
        await brought_to(store, S.ACCEPTED)
        file.rename(away)
        with pytest.raises(StoreError):
            await store.complete(HANDOFF, FIRST, TARGET, at=START)
        away.rename(file)
        assert (await store.complete(HANDOFF, FIRST, TARGET, at=START)).state is S.COMPLETED
