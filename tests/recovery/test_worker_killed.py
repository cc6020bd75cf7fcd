"""A whole worker is killed: another worker, or the same one after a restart, continues its calls."""

from __future__ import annotations

import re
import shutil
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import psutil
import pytest

from local.processes import left_behind
from local.stack import Servers, Stack
from persistence.engines import open_store
from persistence.records import CallEnd
from tests.recovery.conftest import StartWorker
from tests.support.conversation import until
from tests.support.driving import (
    AT_ONCE_LIMIT_MS,
    Killed,
    hangs_up,
    heard_after,
    kill_program,
    losses,
    most_at_once_ms,
    recovered_by,
)
from tests.support.places import place
from tests.support.reading_along import reading_along
from tests.support.running import logged

pytestmark = pytest.mark.asyncio(loop_scope="session")

SILENCE_LIMIT_MS = 5_000
ORPHANS_LIMIT_S = 5.0
RESTART_LIMIT_MS = 3_000


@pytest.mark.fault("A6b")
@pytest.mark.fault("B11")
async def test_calls_of_a_killed_worker_go_on_with_another_that_runs(
    start_worker: StartWorker, servers: Servers
) -> None:
    async with reading_along(servers.groq) as reader, AsyncExitStack() as exits:
        first = await exits.enter_async_context(start_worker("first"))
        here = await exits.enter_async_context(place(first))
        talk = await exits.enter_async_context(here.call())
        await talk.is_greeted()
        second = await exits.enter_async_context(start_worker("second", GROQ_BASE_URL=reader.url))
        await talk.says("hello can you help me please")
        await talk.is_answered()
        before = await talk.call()
        killed_at = kill_program(talk, first.worker, "worker")
        newcomer = await talk.meets_another()
        heard = heard_after(talk, killed_at, newcomer)
        after = await talk.call()
        await talk.says("what are your opening hours")
        await talk.is_answered()

        assert heard.silence_ms <= SILENCE_LIMIT_MS
        assert (after.id, after.holder_role) == (before.id, before.holder_role)
        assert after.worker != before.worker
        assert logged(second, message="process has a call", job=after.holder_job)
        assert len(await losses(talk)) == 1
        assert most_at_once_ms(talk) <= AT_ONCE_LIMIT_MS
        # It knows what was said to the killed agent.
        assert "help me please" in reader.told("user").lower()
        assert "What is your call about?" in reader.told("assistant")
        await talk.only_the_holder_is_left()
        await nobody_is_left_of(first)
        await hangs_up(talk)


@pytest.mark.fault("A6b")
@pytest.mark.long
async def test_worker_that_was_killed_takes_its_call_up_when_it_is_back(
    start_worker: StartWorker,
) -> None:
    async with AsyncExitStack() as exits:
        first = await exits.enter_async_context(start_worker("first"))
        here = await exits.enter_async_context(place(first))
        talk = await exits.enter_async_context(here.call())
        await talk.is_greeted()
        lost = (await talk.call()).holder_job
        kill_program(talk, first.worker, "worker")
        await exits.enter_async_context(start_worker("again"))
        back_at = talk.caller.now_ms
        newcomer = await talk.meets_another()
        await talk.says("what are your opening hours")
        await talk.is_answered()

        assert heard_after(talk, back_at, newcomer).first_ms <= RESTART_LIMIT_MS
        assert await recovered_by(talk, Killed(lost, 0)) == newcomer
        await talk.only_the_holder_is_left()
        await hangs_up(talk)


@pytest.mark.fault("A6b")
@pytest.mark.long
async def test_call_whose_role_is_unknown_since_a_deploy_is_ended_with_words_and_says_why(
    start_worker: StartWorker, folder: Path, tmp_path: Path
) -> None:
    async with AsyncExitStack() as exits:
        first = await exits.enter_async_context(start_worker("first"))
        here = await exits.enter_async_context(place(first))
        talk = await exits.enter_async_context(here.call(role="technical"))
        await talk.is_greeted()
        kill_program(talk, first.worker, "worker")
        roster = roster_without("technical", folder / "roster", tmp_path / "roster")
        deployed = await exits.enter_async_context(start_worker("next", BATON_ROSTER_FOLDER=str(roster)))
        await talk.meets_another(hears_out=False)
        await talk.caller.is_hung_up_on(limit_s=30)
        ended = await talk.ended()
        async with open_store(deployed.store) as store:
            troubles = await store.troubles(ended.id)

        assert ended.ended_how is CallEnd.FAILED
        assert [(trouble.part, trouble.error) for trouble in troubles] == [("recovery", "unknown role")]


async def nobody_is_left_of(stack: Stack) -> None:
    """Waits until the processes of a killed worker have ended by themselves."""

    async def look() -> bool:
        return not orphans(stack)

    await until(look, "the end of orphaned processes", limit_s=ORPHANS_LIMIT_S)


def orphans(stack: Stack) -> list[int]:
    """Returns a killed worker's live processes, except the one that ends all with us (local/tether.py)."""
    found = []
    for pid in left_behind([stack.worker.pid]):
        with suppress(psutil.NoSuchProcess):
            if not any("tether.py" in word for word in psutil.Process(pid).cmdline()):
                found.append(pid)
    return found


def roster_without(role: str, source: Path, folder: Path) -> Path:
    shutil.copytree(source, folder)
    (folder / f"{role}.md").unlink()
    for file in folder.glob("*.md"):
        text = file.read_text(encoding="utf-8")
        targets = re.sub(
            rf"^transfers_to: .*{role}.*$", "transfers_to: [front-desk]", text, flags=re.MULTILINE
        )
        file.write_text(
            targets.replace("[front-desk]", "[billing]") if file.stem == "front-desk" else targets
        )
    return folder
