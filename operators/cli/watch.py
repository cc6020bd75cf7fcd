"""`baton watch`: prints every event as it happens, until Ctrl-C. Reads the store, without the service."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.text import Text

from operators.cli.calls import MOST, AsJson
from operators.cli.lookup import asked, say_store, whole_id
from operators.cli.output import STYLES, clean, console, when
from persistence.contract.store import Store
from persistence.records import CallId, Event
from settings import Settings

_LOOK_EVERY_S, _WAIT_S = 0.05, 60.0

OfCall = Annotated[
    str | None, typer.Argument(metavar="CALL", help="Only this call: its id, or its first characters.")
]
After = Annotated[
    int | None,
    typer.Option("--after", min=0, max=MOST, help="Start after the event with this id. Default: now."),
]
Count = Annotated[int | None, typer.Option("--count", min=1, max=MOST, help="Stop after this many events.")]


def watch_events(
    call: OfCall = None, after: After = None, count: Count = None, as_json: AsJson = False
) -> None:
    """Follow all events live. With --json, one object per line."""
    try:
        asked(lambda store: _follow(store, call, after, count, as_json=as_json), quiet=True)
    except KeyboardInterrupt:
        raise typer.Exit(0) from None


async def _follow(
    store: Store, call: str | None, after: int | None, count: int | None, *, as_json: bool
) -> None:
    call_id = CallId(await whole_id(store, call)) if call is not None else None
    say_store(Settings(), quiet=as_json)  # before, not after: the command runs until somebody stops it
    seen = await store.latest_event() if after is None else after
    changes = store.changes(within_s=_LOOK_EVERY_S)
    while count is None or count > 0:
        if not await changes.changed(_WAIT_S):
            continue
        for event in await store.events(call_id=call_id, after=seen, limit=count):
            seen, count = event.id, None if count is None else count - 1
            _write(event, as_json=as_json)


def _write(event: Event, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(asdict(event)))
        return
    moved = f"{event.moved_from} → {event.moved_to}" if event.moved_from else event.moved_to
    parts = (when(event.at), event.kind, event.call_id, event.subject, moved, event.actor)
    if not console.is_terminal:
        typer.echo("\t".join(clean(part) for part in parts))
        return
    line = Text(f"{when(event.at)}  {event.kind:<8} ", style="dim")
    line.append(clean(moved), style=STYLES.get(event.moved_to, "bold"))
    console.print(line.append(f"  by {clean(event.actor)}  {clean(event.subject)}", style="dim"))
