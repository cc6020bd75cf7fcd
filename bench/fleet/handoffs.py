"""From a handoff's request to the target's yes: a worker on SQLite and one on Postgres, in turns."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from bench.support.dialogue import hear_greeting, say
from bench.support.environment import LATENCIES, SCRIPT, Environment, NotMeasured, environment_of, new_room
from bench.support.measuring import Measuring, rotated
from local.demo.progress import Progress
from local.postgres import postgres
from local.stack import Servers, Stack, local_servers, running_worker
from persistence.engines import migrate
from persistence.records import HandoffState

STORES = ("sqlite", "postgres")
_CALL_LIMIT_S = 90.0
_TARGET_LIMIT_S = 40.0


async def ready_ms(
    folder: Path, rounds: int, progress: Progress
) -> tuple[Mapping[str, Sequence[int]], list[str]]:
    """Return each handoff's time in ms, by store, and what was not measured. Raises: BatonError."""
    measuring = Measuring(progress)
    found: dict[str, list[int]] = {store: [] for store in STORES}
    with (
        progress.waiting("measuring"),
        tempfile.TemporaryDirectory(prefix="baton-fleet-") as database,
        postgres(Path(database), settings={"fsync": "on"}) as postgres_url,
    ):
        async with AsyncExitStack() as exits:
            servers = await exits.enter_async_context(
                local_servers(
                    folder, script=SCRIPT, latencies=LATENCIES, stand_in_always=True, on_step=progress.step
                )
            )
            urls = {"sqlite": f"sqlite:///{folder / 'baton.db'}", "postgres": postgres_url}
            sides = {store: await _side(exits, servers, folder, store, urls[store]) for store in STORES}
            for number in range(rounds):
                for store in rotated(list(STORES), number):
                    found[store] += await measuring.measure(
                        f"round {number + 1} of {rounds}, {store}",
                        lambda env=sides[store]: _handed_over(env),  # type: ignore[misc]
                        lambda ms: f"{ms} ms",
                        limit_s=_CALL_LIMIT_S,
                    )
    return found, measuring.failures


async def _side(exits: AsyncExitStack, servers: Servers, folder: Path, store: str, url: str) -> Environment:
    migrate(url)
    env = {**servers.env, "BATON_STORE": url, "BATON_AGENT_NAME": f"baton-{store}", "BATON_HEALTH_PORT": "0"}
    worker = await exits.enter_async_context(running_worker(folder, env, store))
    stack = Stack(servers.livekit, servers.groq, worker, env, url, (*servers.programs, worker))
    return await exits.enter_async_context(environment_of(stack))


async def _handed_over(env: Environment) -> int:
    """Play one call until its target speaks, and return the time to the yes. Raises: NotMeasured."""
    room = new_room("fleet")
    async with env.call(room, env.agent_name) as caller:
        holder = await hear_greeting(caller)
        for line in env.script.callers["handoff"]:
            await say(caller, line)
        await caller.hears(other_than={holder}, limit_s=_TARGET_LIMIT_S)
    handoff = await env.handoff_in(room)
    if handoff.state is not HandoffState.COMPLETED or handoff.accepted_at is None:
        raise NotMeasured(f"the handoff is {handoff.state.value}")
    return handoff.accepted_at - handoff.requested_at
