"""Runs acts from the command line, on the configured store and livekit-server, under the user's name."""

from __future__ import annotations

import asyncio
import getpass
import os
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from clock import SystemClock
from operators.acts import ActContext
from operators.auth.security_log import SecurityLog, open_security_log
from operators.cli.lookup import say_store, whole_id
from persistence.contract.store import Store
from persistence.engines import open_store
from persistence.records import CallId, HandoffId, RoleName
from settings import Settings

if TYPE_CHECKING:
    from transfer.livekit.server_api import ServerApi

T = TypeVar("T")

CallArgument = Annotated[str, typer.Argument(metavar="CALL", help="A call's id, or its first characters.")]
HandoffArgument = Annotated[
    str, typer.Argument(metavar="HANDOFF", help="A handoff's id, or its first characters.")
]
By = Annotated[
    str | None,
    typer.Option(
        "--by", help="For whom you do it. The events say: cli:, your user name on this system, for this name."
    ),
]
Key = Annotated[
    str | None,
    typer.Option("--key", help="Idempotency key. Repeating a command with the same key acts only once."),
]


def acted(act: Callable[[ActContext], Awaitable[T]], *, quiet: bool = False) -> T:
    """Run an act with an open store and server, and say which store it was unless `quiet`.

    Raises: BatonError, BadInput.
    """
    # Slow to import; commands that only read should not wait for it.
    from transfer.livekit.server_api import open_server_api

    async def run() -> T:
        settings = Settings()
        worker = settings.worker
        async with (
            open_store(worker.store) as store,
            open_server_api(settings.livekit, worker.agent_name) as server,
        ):
            answer = await act(_context(settings, store, server))
        say_store(settings, quiet=quiet)
        return answer

    return asyncio.run(run())


def name_of(by: str | None) -> str:
    """Return the name for the events: this system's user, so that the act never looks like an operator's."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        user = str(os.getuid())
    return f"cli:{user} for {by}" if by else f"cli:{user}"


def security_log(settings: Settings) -> SecurityLog:
    """Open the commands' security log: the setting's file, or nothing. Raises: BadInput."""
    open_security_log(settings.access.log, to_stderr=False)
    return SecurityLog(SystemClock())


async def call_id(context: ActContext, typed: str) -> CallId:
    """Complete a call's id. Raises: BatonError."""
    return CallId(await whole_id(context.store, typed))


async def handoff_id(context: ActContext, typed: str) -> HandoffId:
    """Complete a handoff's id. Raises: BatonError."""
    return HandoffId(await whole_id(context.store, typed))


def _context(settings: Settings, store: Store, server: ServerApi) -> ActContext:
    from operators.roster import roster_of

    roster = roster_of(settings)
    return ActContext(
        store=store,
        server=server,
        roles=[RoleName(name) for name in roster.roles],
        clock=SystemClock(),
        handoffs_per_call=settings.handoff.handoffs_per_call,
        redacts=roster.redacts,
        people=roster.at_desks,
    )
