"""`baton doctor`: checks each part, and says what to do about problems."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from settings import Settings

if TYPE_CHECKING:
    from operators.doctor.finding import Finding

COLOURS = {"well": "green", "wrong": "bold red", "skipped": "yellow"}


def doctor(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document instead of lines.")
    ] = False,
) -> None:
    """Check settings, roster, store, LiveKit, Groq with its models, voices and limits, and the worker.

    Spends a little of the key's limits (a sentence for each voice, and a chat request), and says how much.

    Exit code 0: all is well. 1: something does not answer. 2: a setting, a key or a file is wrong.
    """
    # Importing the agents takes a second; no other command should wait for it.
    from operators.doctor.finding import exit_code

    console = Console(soft_wrap=True, highlight=False)
    findings = asyncio.run(_look(console, quiet=as_json))
    code = exit_code(findings)
    if as_json:
        told = {"well": code == 0, "checks": [asdict(finding) for finding in findings]}
        typer.echo(json.dumps(told, indent=2))
    raise typer.Exit(code)


async def _look(console: Console, *, quiet: bool) -> list[Finding]:
    from operators.doctor.every_check import every_check
    from operators.doctor.examine import examine

    findings = []
    async for finding in examine(Settings(), checks=every_check()):
        findings.append(finding)
        if not quiet:
            console.print(_shown(finding))
    return findings


def _shown(finding: Finding) -> Text:
    shown = Text.assemble(
        (f"{finding.verdict.value:<8}", COLOURS[finding.verdict.value]),
        (f"{finding.check:<9}", "bold"),
        finding.detail,
    )
    if finding.advice:
        shown.append(f"\n{'':17}→ {finding.advice}", style="cyan")
    return shown
