"""`baton serve`: runs the operators' service."""

from __future__ import annotations

import asyncio
import logging
import os
from functools import partial

import typer
import uvloop

from operators.api.server import serve as served
from operators.cli.lookup import say_store
from priority import be_scheduled
from settings import Settings

_AFTER_CALLS = 5
"""Added to our niceness, which leaves a third of a worker's weight: a caller hears every delay."""


def serve() -> None:
    """Serve the JSON API, live events, metrics and the console. Calls do not depend on it.

    The first start creates an operator and prints a sign-in link once. `baton operators add` creates more.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    for talkative in ("httpx", "httpcore", "asyncio"):
        logging.getLogger(talkative).setLevel(logging.WARNING)
    settings = Settings()
    be_scheduled(os.nice(0) + _AFTER_CALLS)

    def tell(line: str) -> None:
        say_store(settings, quiet=False)
        typer.echo(line)

    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(served(settings, tell, partial(typer.echo, err=True)))
    except KeyboardInterrupt:
        raise typer.Exit(0) from None
