"""`baton tool`: lists the roles' own tools, and tries one without a call."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agents.roster.role import Role
from agents.roster.roster import Roster, load_roster
from agents.tools.own_tool import OwnTool, Policy
from clock import SystemClock
from errors import BadInput
from operators.cli.calls import AsJson
from operators.cli.output import clean, lasting, write_json, write_table
from persistence.records import ToolUseState
from settings import Settings

if TYPE_CHECKING:
    from agents.tools.outcome import Outcome

COLUMNS = ("role", "tool", "kind", "limit", "rules", "where", "description")

app = typer.Typer(help="Show the roles' own tools, and try one without a call.", no_args_is_help=True)


def _roster() -> Roster:
    settings = Settings()
    return load_roster(settings.worker.roster_folder, voices=settings.groq.voices.split())


@app.command("list")
def list_tools(as_json: AsJson = False) -> None:
    """Show every role's own tools. For an MCP server, show the names that its entry allows."""
    rows = [row for role in _roster().roles.values() for row in _rows(role)]
    if as_json:
        write_json([dict(zip(COLUMNS, row, strict=True)) for row in rows])
    else:
        write_table(COLUMNS, rows)


def _rows(role: Role) -> list[tuple[str, ...]]:
    own = [
        (tool.name, tool.kind, *_policy(tool.policy), tool.where, " ".join(tool.description.split()))
        for tool in role.known_tools
    ]
    theirs = [
        (name, "mcp", *_policy(server.policy), server.where, f"by {server.address or server.command[0]}")
        for server in role.tool_servers
        for name in server.allow
    ]
    return [(role.id, *row) for row in (*own, *theirs)]


def _policy(policy: Policy) -> tuple[str, str]:
    rules = ["once"] * policy.once + ["confirm"] * policy.confirm
    rules += [f"secret {name}" for name in sorted(policy.secret)]
    return f"{policy.limit_s:g} s", ", ".join(rules)


@app.command("try")
def try_tool(
    role: Annotated[str, typer.Argument(metavar="ROLE", help="The role's id, such as billing.")],
    name: Annotated[str, typer.Argument(metavar="TOOL", help="One of its own tools, such as look_up.")],
    arguments: Annotated[
        list[str] | None, typer.Argument(metavar="NAME=VALUE", help="Its arguments, such as number=4711.")
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Do not ask before a tool that must not happen twice.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Use a tool once, for real, as a call would, and print the answer that the model would get.

    Exit code 1: the tool failed, or did not answer within its limit.
    """
    # Importing LiveKit takes a second; no other command should wait for it.
    from agents.tools.trying import tried, typed_arguments

    clock = SystemClock()

    async def used(tool: OwnTool) -> Outcome:
        return await tried(tool, typed_arguments(tool, arguments or ()))

    found = _roster().role(role, asked_by="ROLE")
    began = clock.now_ms()
    outcome = asyncio.run(_with_tool(found, name, used, ask=not yes))
    took_ms = clock.now_ms() - began
    if as_json:
        write_json({"state": outcome.state, "took_ms": took_ms, "answer": outcome.answer, **outcome.why})
    else:
        why = f"  ({' at '.join(filter(None, outcome.why.values()))})" if outcome.why else ""
        typer.echo(f"{outcome.state} after {lasting(took_ms)}{clean(why)}")
        for line in outcome.answer.splitlines():
            typer.echo(clean(line))
    if outcome.state is not ToolUseState.DONE:
        raise typer.Exit(1)


async def _with_tool(role: Role, name: str, use: Any, *, ask: bool) -> Outcome:
    """Run `use` on the role's tool `name`. Raises: BadInput (no such tool, wrong arguments), OutOfReach."""
    from agents.tools.trying import tools_of

    tool = next((tool for tool in role.known_tools if tool.name == name), None)
    if tool is not None:
        return await _asked(tool, use, ask=ask)
    for server in role.tool_servers:
        if name in server.allow:
            async with tools_of(server) as theirs:
                return await _asked(next(one for one in theirs if one.name == name), use, ask=ask)
    raise BadInput("TOOL", f"{role.id} has no tool {name!r}", _right(sorted(role.own_names)))


def _right(names: Sequence[str]) -> str:
    return f"use one of {', '.join(names)}" if names else "its file lists none"


async def _asked(tool: OwnTool, use: Any, *, ask: bool) -> Outcome:
    if ask and tool.policy.once:
        typer.confirm(f"{tool.name} must not happen twice, and would happen now. Go on?", abort=True)
    outcome: Outcome = await use(tool)
    return outcome
