"""Runs all of Baton on one machine: livekit-server, Groq or its stand-in, a worker, and the service."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from agents.roster.roster import Roster
from agents.worker.writable_folder import made_writable
from local.livekit.server import LiveKitServer, free_ports, livekit_server
from local.processes import Program, running
from local.roster_in_use import roster_in_use, spoken_names, suggested, topics_of
from local.scripted import DEMO
from settings import GroqAccess, WorkerSettings, env_name, read
from tasks import together

_STAND_IN_KEY = "stand-in"
_START_LIMIT_S = 120.0  # a few seconds; a minute on busy processors
_LINES = env_name(WorkerSettings, "lines_folder")
SERVES = "baton serves operators at "
"""The start of the line that the operators' service writes when it listens."""


@dataclass(frozen=True, slots=True)
class Stack:
    """The running programs. `env`: the settings that another program needs to join the stack."""

    livekit: LiveKitServer
    groq: str  # "groq", or the stand-in's address
    worker: Program
    env: Mapping[str, str]
    store: str
    programs: tuple[Program, ...]
    service: Program | None = None

    @property
    def console(self) -> str:
        """The address of the operators' service, with a token if this start created the first operator."""
        assert self.service is not None
        return shown_link(self.service)

    @property
    def agent_name(self) -> str:
        """The name under which calls are dispatched to the worker, as the worker itself reads it."""
        return self.env.get("BATON_AGENT_NAME") or read(WorkerSettings).agent_name

    @property
    def groups(self) -> tuple[int, ...]:
        """The programs' process groups, to look for processes left behind."""
        return tuple(program.pid for program in self.programs)


@dataclass(frozen=True, slots=True)
class Servers:
    """What workers and the service need: livekit-server, and Groq or its stand-in. `env`: their settings."""

    livekit: LiveKitServer
    groq: str
    env: Mapping[str, str]
    programs: tuple[Program, ...]


@asynccontextmanager
async def local_servers(
    folder: Path,
    *,
    script: Path | None = DEMO,
    latencies: str = "none",
    settings: Mapping[str, str] | None = None,
    stand_in_always: bool = False,
    livekit: LiveKitServer | None = None,
    on_step: Callable[[str], None] = lambda _: None,
) -> AsyncIterator[Servers]:
    """Start the servers of `local_stack`, for callers that start workers. Raises: SetupFailed, BadInput.

    `livekit`: a server that already runs, such as a cluster (local/fleet).
    """
    ours = settings_in(folder)
    roster = roster_in_use(settings)
    async with AsyncExitStack() as stack:
        plays = stand_in_always or read(GroqAccess).api_key is None
        async with together() as starting:
            served = starting.create_task(_livekit(stack, folder, livekit, on_step))
            played = (
                starting.create_task(stack.enter_async_context(_stand_in(folder, script, roster, latencies)))
                if plays
                else None
            )
        livekit = served.result()
        programs = [livekit.program]
        env = {**livekit.env, **ours, **(settings or {})}
        groq = "groq"
        if played is not None:
            stand_in = played.result()
            groq = json.loads(stand_in.lines[-1])["url"]
            env = {**suggested(script, roster), **env, "GROQ_BASE_URL": groq, "GROQ_API_KEY": _STAND_IN_KEY}
            programs.append(stand_in)
            on_step("the stand-in for Groq answers")
        yield Servers(livekit, groq, env, tuple(programs))


@asynccontextmanager
async def local_stack(
    folder: Path,
    *,
    script: Path | None = DEMO,
    latencies: str = "none",
    settings: Mapping[str, str] | None = None,
    stand_in_always: bool = False,
    service: bool = False,
    livekit: LiveKitServer | None = None,
    on_step: Callable[[str], None] = lambda _: None,
) -> AsyncIterator[Stack]:
    """Start everything, with logs and store in `folder`. Raises: SetupFailed, BadInput.

    `script`: what the stand-in says. It makes up what the script leaves out, or everything without one.
    `stand_in_always`: use the stand-in even if a key for Groq is set, as tests do, which expect its script.
    `service`: also start the operators' service. `livekit`: a server that already runs (local/phone).
    """
    async with AsyncExitStack() as stack:
        servers = await stack.enter_async_context(
            local_servers(
                folder,
                script=script,
                latencies=latencies,
                settings=settings,
                stand_in_always=stand_in_always,
                livekit=livekit,
                on_step=on_step,
            )
        )
        env = servers.env
        async with together() as starting:
            started = starting.create_task(stack.enter_async_context(running_worker(folder, env)))
            opened = starting.create_task(_service(stack, folder, env, on_step)) if service else None
        worker, serving = started.result(), opened.result() if opened else None
        on_step("the worker is registered, and its processes are warm")
        programs = [*servers.programs, worker, *([serving] if serving else [])]
        store = env["BATON_STORE"]
        yield Stack(servers.livekit, servers.groq, worker, env, store, tuple(programs), serving)


def settings_in(folder: Path) -> dict[str, str]:
    """Return a local stack's own settings: every file is in `folder`, which is created. Raises: BadInput.

    Only the spoken lines may be elsewhere, if the environment says so: stacks may share them.
    """
    made_writable(folder, "the stack's folder", "run it in a checkout of your own")
    return {
        "BATON_STORE": f"sqlite:///{folder / 'baton.db'}",
        _LINES: os.environ.get(_LINES, str(folder / "lines")),
        "BATON_HEALTH_PORT": str(free_ports().http),
        "BATON_DRAIN_LIMIT_S": "5",
        "BATON_IDLE_PROCESSES": "2",
        # Everything else runs here too, so processor load says little about the calls (agents/admission).
        "BATON_PROCESSOR_LIMIT": "1",
        "BATON_CONSOLE_PORT": "0",
    }


async def _livekit(
    stack: AsyncExitStack, folder: Path, given: LiveKitServer | None, on_step: Callable[[str], None]
) -> LiveKitServer:
    if given is not None:
        return given
    server = await stack.enter_async_context(livekit_server(folder, on_step=on_step))
    on_step("livekit-server answers")
    return server


async def _service(
    stack: AsyncExitStack, folder: Path, env: Mapping[str, str], on_step: Callable[[str], None]
) -> Program:
    serving = await stack.enter_async_context(running_service(folder, env))
    on_step("the operators' service listens")
    return serving


def _stand_in(
    folder: Path, script: Path | None, roster: Roster, latencies: str
) -> AbstractAsyncContextManager[Program]:
    said = [f"--script={script}"] if script else []
    heard = [f"--role={role}={name}" for role, name in spoken_names(roster).items()]
    heard += [f"--topic={topic}" for topic in topics_of(roster)]
    return running(
        "the stand-in for Groq",
        [sys.executable, "-m", "local.groq_standin", *said, *heard, "--latencies", latencies],
        env={"OPENBLAS_NUM_THREADS": "1"},  # small computations: more threads only wait for each other
        log=folder / "stand-in.log",
        ready=lambda line: line.startswith('{"url"'),
        limit_s=_START_LIMIT_S,
    )


def running_worker(
    folder: Path, env: Mapping[str, str], name: str = "worker", *, within: Sequence[str] = ()
) -> AbstractAsyncContextManager[Program]:
    """Run a worker. It is ready when it is registered and has warm processes for a call and a handoff.

    `within`: the command prefix that starts a program on a host of its own; services take it too.
    """
    return running(
        f"the {name}",
        [*within, sys.executable, "-m", "livekit.agents", "start", "worker.py"],
        env=env,
        log=folder / f"{name}.log",
        ready=registered_and_warm(int(env["BATON_IDLE_PROCESSES"])),
        limit_s=_START_LIMIT_S,
    )


def running_service(
    folder: Path,
    env: Mapping[str, str],
    name: str = "service",
    *,
    ready: str = SERVES,
    within: Sequence[str] = (),
) -> AbstractAsyncContextManager[Program]:
    """Run the operators' service. It is ready when a line contains `ready`; default: when it serves."""
    return running(
        f"the operators' {name}",
        [*within, sys.executable, "-m", "operators.cli", "serve"],
        env=env,
        log=folder / f"{name}.log",
        ready=lambda line: ready in line,
        limit_s=_START_LIMIT_S,
    )


def shown_link(service: Program) -> str:
    """Return a service's address, with a token if this start created the first operator."""
    return service.lines[-1].removeprefix(SERVES).partition(" ")[0]


def registered_and_warm(processes: int) -> Callable[[str], bool]:
    """Return a function that takes each line of a worker's log and returns True once the worker is ready.

    Ready means registered, with `processes` warm processes. The health page says OK before the registration.
    """
    waits_for = {"registered worker": 1, "process initialized": processes}

    def ready(line: str) -> bool:
        for words in waits_for:
            waits_for[words] -= words in line
        return all(left <= 0 for left in waits_for.values())

    return ready
