"""`baton serve`: the operators' service, until it is ended."""

from __future__ import annotations

import asyncio
import logging

import typer

from settings import Settings


def serve() -> None:
    """Serve operators: a JSON API, live events, metrics and the console. Calls go on without it.

    The very first start makes an operator and shows the link once; `baton operators add` makes more.
    """
    # What the service needs takes a moment to import; no other command should wait for it.
    import uvloop

    from operators.api.server import serve as served

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    for talkative in ("httpx", "httpcore", "asyncio"):
        logging.getLogger(talkative).setLevel(logging.WARNING)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(served(Settings(), _tell))
    except KeyboardInterrupt:
        raise typer.Exit(0) from None


def _tell(line: str) -> None:
    typer.echo(line)
