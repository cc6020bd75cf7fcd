"""Whole programs killed round by round, at every moment of a call: worker, operators' service, Postgres."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

import pytest

from bench.support.environment import rest
from local.fleet.part import Part
from local.postgres import address_of, postgres_program
from local.stack import Stack, running_service
from persistence.engines import migrate
from persistence.records import Handoff, HandoffState, WorkerId
from tests.network.holding_on import is_answered_again
from tests.recovery.conftest import StartWorker
from tests.support.conversation import Conversation, conversation, until
from tests.support.driving import (
    AT_ONCE_LIMIT_MS,
    TO_BILLING,
    Moment,
    brought_to,
    ends,
    hangs_up,
    kill_program,
    most_at_once_ms,
    next_process_frozen,
)
from tests.support.fault_report import strikes
from tests.support.places import place
from transfer.protocol import agent_identity
from transfer.states import TERMINAL

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.fault("C10"), pytest.mark.long]

ROUNDS = 5
SECOND_LIMIT_MS = 5_000
RESTART_LIMIT_MS = 3_000  # beyond the restart itself
SERVICE_LIMIT_MS = 3_000  # the service plays no part: as long as a handoff may take
POSTGRES_LIMIT_MS = 3_000  # as SERVICE_LIMIT_MS
POSTGRES_AWAY_S = 10.0


@pytest.mark.fault("A6b")
@pytest.mark.parametrize("moment", list(Moment))
async def test_worker_is_killed_again_and_again_while_a_second_one_runs(
    start_worker: StartWorker, moment: Moment
) -> None:
    for number in range(ROUNDS):
        async with (
            greeted(start_worker, number) as (first, talk),
            start_worker(f"second-{number}") as second,
        ):
            await rest()
            lost = (await talk.call()).worker
            async with held_at(talk, moment, (first, second)) as row:
                killed_at = kill_program(talk, first.worker, "worker")
            assert await silence_until_sound(talk, killed_at, lost, row) <= SECOND_LIMIT_MS
            await hangs_up(talk)


@pytest.mark.fault("A6b")
@pytest.mark.parametrize("moment", list(Moment))
async def test_worker_is_killed_again_and_again_and_restarted(
    start_worker: StartWorker, moment: Moment
) -> None:
    for number in range(ROUNDS):
        async with greeted(start_worker, number) as (first, talk), AsyncExitStack() as exits:
            await rest()
            lost = (await talk.call()).worker
            async with held_at(talk, moment, (first,)) as row:
                killed_at = kill_program(talk, first.worker, "worker alone")
            await exits.enter_async_context(start_worker(f"again-{number}"))
            restart_ms = talk.caller.now_ms - killed_at
            assert await silence_until_sound(talk, killed_at, lost, row) <= restart_ms + RESTART_LIMIT_MS
            await hangs_up(talk)


@pytest.mark.fault("A6")
@pytest.mark.parametrize("moment", list(Moment))
async def test_service_is_killed_again_and_again_and_no_call_notices(
    stack: Stack, tmp_path: Path, moment: Moment
) -> None:
    for number in range(ROUNDS):
        async with (
            running_service(tmp_path, stack.env, f"service-{number}") as service,
            conversation(stack) as talk,
        ):
            await talk.is_greeted()
            before = await talk.call()
            async with held_at(talk, moment, (stack,)) as row:
                killed_at = kill_program(talk, service, "service")
            if row is None:
                await talk.caller.hears_out(limit_s=40, pause_s=0.7)
            else:
                done = await talk.handoff(*TERMINAL)
                assert done.state is HandoffState.COMPLETED
                await speaks(talk, killed_at)
            assert "lost" not in [event.moved_to for event in await talk.events()]
            assert (await talk.call()).id == before.id
            assert talk.silence_since(killed_at) <= SERVICE_LIMIT_MS


@pytest.mark.fault("C8")
@pytest.mark.parametrize("moment", list(Moment))
async def test_postgres_is_killed_again_and_again_and_calls_go_on(
    start_worker: StartWorker, moment: Moment
) -> None:
    async with AsyncExitStack() as exits:
        folder = Path(exits.enter_context(tempfile.TemporaryDirectory(prefix="baton-postgres-")))
        postgres = Part("postgres", partial(postgres_program, folder))
        exits.push_async_callback(postgres.end)
        await postgres.start()
        migrate(address_of(folder))
        worker = await exits.enter_async_context(start_worker("only", BATON_STORE=address_of(folder)))
        for _ in range(ROUNDS):
            await rest()
            async with conversation(worker) as talk:
                assert await silence_without_postgres(talk, worker, moment, postgres) <= POSTGRES_LIMIT_MS


async def silence_without_postgres(talk: Conversation, worker: Stack, moment: Moment, postgres: Part) -> int:
    """Kill Postgres and restart it after 10 s. Returns the longest silence from the kill on, in ms."""
    await talk.is_greeted()
    before = await talk.call()
    async with held_at(talk, moment, (worker,)) as row:
        strikes("Postgres")
        killed_at = talk.caller.now_ms
        await postgres.kill()
    async with asyncio.TaskGroup() as group:
        if row is None:
            group.create_task(is_answered_again(talk, limit_s=40))
        await asyncio.sleep(POSTGRES_AWAY_S)
        await postgres.start()
    if row is not None:
        await talk.handoff(*TERMINAL)
        await speaks(talk, killed_at)
        assert len(ends(await talk.events(), row.id)) == 1
    await talk.only_the_holder_is_left()
    after = await talk.call()
    assert (after.id, after.ended_at) == (before.id, None)
    assert "lost" not in [event.moved_to for event in await talk.events()]
    assert most_at_once_ms(talk) <= AT_ONCE_LIMIT_MS
    return talk.silence_since(killed_at)


@asynccontextmanager
async def greeted(start_worker: StartWorker, number: int) -> AsyncIterator[tuple[Stack, Conversation]]:
    """Yield a worker of this round's own, and a call with it."""
    async with start_worker(f"first-{number}") as first, place(first) as here, here.call() as talk:
        await talk.is_greeted()
        yield first, talk


@asynccontextmanager
async def held_at(
    talk: Conversation, moment: Moment, stacks: Sequence[Stack]
) -> AsyncIterator[Handoff | None]:
    """As `brought_to`, no matter which of these workers has the target."""
    if moment is not Moment.DISPATCHING:
        async with brought_to(talk, moment) as row:
            yield row
        return
    with ExitStack() as frozen:
        for stack in stacks:
            frozen.enter_context(next_process_frozen(stack))
        await talk.says(TO_BILLING)
        yield await talk.handoff(HandoffState.DISPATCHING)


async def silence_until_sound(talk: Conversation, killed_at: int, lost: WorkerId, row: Handoff | None) -> int:
    """Wait until the call is sound again. Returns the longest silence from the kill on, in ms."""
    await held_by_another_worker(talk, lost)
    if row is not None:
        await talk.handoff(*TERMINAL)
    await speaks(talk, killed_at)
    await talk.only_the_holder_is_left()
    if row is not None:
        assert len(ends(await talk.events(), row.id)) == 1
    assert most_at_once_ms(talk) <= AT_ONCE_LIMIT_MS
    return talk.silence_since(killed_at)


async def held_by_another_worker(talk: Conversation, lost: WorkerId) -> None:
    """Wait until another worker has the call.

    The lost one's own target may take it over before it is gone.
    """

    async def look() -> bool:
        call = await talk.call()
        return call.worker != lost and not call.lost_at

    await until(look, "another worker's agent in the lost one's place")


async def speaks(talk: Conversation, since_ms: int) -> None:
    """Listen to the current holder until it falls silent."""
    holder = agent_identity((await talk.call()).holder_job)
    await talk.caller.hears(holder, since_ms=since_ms, limit_s=40)
    await talk.caller.hears_out(holder, limit_s=40, pause_s=0.7)
