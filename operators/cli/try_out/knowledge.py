"""`baton knowledge`: shows the passages of a role's documents that its model would get for a question."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from rich.text import Text

from agents.knowledge.knowledge import Knowledge
from agents.knowledge.ranking import Found
from agents.roster.roster import Roster, load_roster
from errors import BadInput
from operators.cli.calls import AsJson
from operators.cli.output import clean, console, write_json
from settings import Settings

app = typer.Typer(help="Try what the roles' documents answer.", no_args_is_help=True)


@app.callback()
def only_group() -> None:
    """Keep `try` as a subcommand, although it is the only one."""


@app.command("try")
def try_question(
    role: Annotated[str, typer.Argument(metavar="ROLE", help="A role whose file has `knowledge`.")],
    question: Annotated[str, typer.Argument(metavar="QUESTION", help="As a caller would say it.")],
    limit: Annotated[int, typer.Option("--limit", min=1, max=50, help="How many passages.")] = 3,
    as_json: AsJson = False,
) -> None:
    """Show the passages that ROLE would be given for QUESTION, with their sources and scores.

    Needs no running worker. Exit code 2: the role has no documents, or a file is wrong.
    """
    settings = Settings()
    roster = load_roster(settings.worker.roster_folder, voices=settings.groq.voices.split())
    documents = _documents(roster, role)
    with TemporaryDirectory(prefix="baton-") as cache:
        found = Knowledge(documents, Path(cache)).search_now(question, limit=limit)
    if as_json:
        write_json([_object(one, documents) for one in found])
        return
    if not found:
        typer.echo(f"nothing in {documents} has a word of this question", err=True)
    for one in found:
        _show(one, documents)


def _documents(roster: Roster, role: str) -> Path:
    """Return the role's folder of documents. Raises: BadInput, if it has none."""
    if (documents := roster.role(role, asked_by="ROLE").documents) is not None:
        return documents
    others = [name for name, other in roster.roles.items() if other.documents]
    right = f"try {', '.join(others)}" if others else "write knowledge: FOLDER into its file"
    raise BadInput("ROLE", f"{role} has no documents", right)


def _object(found: Found, documents: Path) -> dict[str, object]:
    return {
        "score": round(found.score, 3),
        "source": found.span.source,
        "place": _place(found, documents),
        "text": found.span.text,
    }


def _place(found: Found, documents: Path) -> str:
    best = found.span.passages[found.span.best]
    return f"{documents / best.source}:{best.line}"


def _show(found: Found, documents: Path) -> None:
    """Print the source with its score and its place in the file, and the text below."""
    title = Text.assemble((f"{found.score:6.2f}  ", "green"), (clean(found.span.source), "bold"))
    console.print(title.append(f"  {clean(_place(found, documents))}", style="dim"), soft_wrap=True)
    for line in found.span.text.split("\n"):
        console.print(Text(f"        {clean(line)}"), soft_wrap=True)
