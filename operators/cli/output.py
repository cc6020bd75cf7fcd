"""Output of commands: coloured tables in a terminal, tab-separated columns in a pipe, JSON for scripts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, is_dataclass
from datetime import UTC, datetime

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

console = Console(highlight=False)

STYLES = {
    "on the line": "green",
    "completed": "green",
    "goodbye": "green",
    "requested": "yellow",
    "dispatching": "yellow",
    "briefing": "yellow",
    "accepted": "yellow",
    "failed": "red",
    "unanswered": "red",
    "declined": "red",
    "abandoned": "magenta",
    "cancelled": "magenta",
}


def clean(value: object) -> str:
    """Return one line of printable text, so that no text can move the cursor or forge a row."""
    text = "" if value is None else str(value)
    return "".join(letter if letter.isprintable() else " " for letter in text)


def write_file(text: str) -> None:
    """Print part of a file unchanged. In a terminal, control codes become blanks so that they do nothing."""
    if console.is_terminal:
        text = "".join(letter if letter.isprintable() or letter == "\n" else " " for letter in text)
    typer.echo(text, nl=False)


def write_json(value: object) -> None:
    """Print JSON. Records become objects. Times stay integer milliseconds UTC."""
    typer.echo(json.dumps(value, indent=2, default=_plain))


def _plain(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    raise TypeError(type(value).__name__)


def write_table(columns: Sequence[str], rows: Sequence[Sequence[object]], *, title: str = "") -> None:
    """Print a table, always with a header, so that an empty table differs from no output."""
    if title:
        console.print(Text(f"\n{title}", style="bold"))
    if console.is_terminal:
        console.print(_table(columns, rows))
        return
    for row in [columns, *rows]:
        typer.echo("\t".join(clean(cell) for cell in row))


def _table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Table:
    table = Table(header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        words = [clean(cell) for cell in row]
        table.add_row(*(Text(word, style=STYLES.get(word, "")) for word in words))
    return table


def when(at_ms: int | None) -> str:
    """Format a point in time in local time."""
    if at_ms is None:
        return ""
    return datetime.fromtimestamp(at_ms / 1000, tz=UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def local_ms(at: datetime | None) -> int | None:
    """Convert a typed local time to ms UTC. Raises: typer.BadParameter."""
    if at is None:
        return None
    try:
        return round(at.astimezone(UTC).timestamp() * 1000)
    except (OverflowError, ValueError) as error:  # the first or the last day of all, in some time zone
        raise typer.BadParameter(f"{at:%Y-%m-%d} cannot be converted: name a day of this century") from error


def since(at_ms: int | None, start_ms: int) -> str:
    """Format a point in time relative to a start: `+12.345 s`."""
    return "" if at_ms is None else f"{(at_ms - start_ms) / 1000:+.3f} s"


def lasting(length_ms: int | None) -> str:
    """Format a duration: `0.412 s`, or `1:02:03` from a minute up."""
    if length_ms is None:
        return ""
    if length_ms < 60_000:
        return f"{length_ms / 1000:.3f} s"
    minutes, seconds = divmod(length_ms // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
