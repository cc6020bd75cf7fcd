"""`baton phone`: creates and shows the trunk and the rule for calls by telephone."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer
from pydantic import SecretStr

from errors import BadInput
from operators.cli.calls import AsJson
from operators.cli.output import write_json
from operators.phone.line import Line, Wanted, line_of
from operators.phone.set_up import set_up
from operators.phone.sip_api import open_sip_api
from operators.roster import roster_of
from settings import Settings, given

app = typer.Typer(
    help="Callers by telephone: the trunk and the rule in livekit-server.", no_args_is_help=True
)


@app.command("set-up")
def set_up_line(
    number: Annotated[
        list[str] | None,
        typer.Option(help="A number that people call, such as +493012345678; else those of house.md."),
    ] = None,
    trunk: Annotated[str | None, typer.Option(help="The id of an existing trunk.")] = None,
    allow: Annotated[
        list[str] | None, typer.Option(help="An address or network of the provider's: no other may call.")
    ] = None,
    user: Annotated[str | None, typer.Option(help="The provider's user name, if it signs in.")] = None,
    password_from: Annotated[
        str | None, typer.Option(help="The environment variable that has the password.")
    ] = None,
    hide_numbers: Annotated[
        bool | None,
        typer.Option(
            "--hide-numbers/--show-numbers",
            help="Whether livekit-server keeps callers' numbers from Baton, and out of its own log.",
        ),
    ] = None,
) -> None:
    """Create or change the inbound trunk and the dispatch rule. What no option names stays as it is.

    Exit code 2: a number, a trunk or an option is wrong. 1: livekit-server has no SIP, or does not answer.
    """
    settings = Settings()
    wanted = Wanted(
        name=settings.worker.agent_name,
        numbers=tuple(number or _numbers(settings)),
        trunk=trunk,
        addresses=tuple(allow or ()),
        user=user,
        password=None if password_from is None else _secret(password_from),
        hides_numbers=hide_numbers,
    )
    for line in asyncio.run(_set_up(settings, wanted)):
        typer.echo(line)


@app.command("show")
def show_line(as_json: AsJson = False) -> None:
    """Show the trunk, the rule, and which role answers which number."""
    settings = Settings()
    line = asyncio.run(_found(settings))
    told = _told(line, _answering(settings, line))
    if as_json:
        write_json(told)
        return
    for name, value in told.items():
        typer.echo(f"{name}\t{value}")


async def _set_up(settings: Settings, wanted: Wanted) -> list[str]:
    async with open_sip_api(settings.livekit) as api:
        return await set_up(api, wanted)


async def _found(settings: Settings) -> Line:
    async with open_sip_api(settings.livekit) as api:
        return line_of(settings.worker.agent_name, await api.trunks(), await api.rules())


def _told(line: Line, answering: dict[str, str]) -> dict[str, object]:
    """Return the line's facts for people, without passwords."""
    trunk, rule = line.trunk, line.rule
    return {
        "trunk": trunk.sip_trunk_id if trunk else "none",
        "may call": "anybody" if line.is_open else ", ".join(trunk.allowed_addresses) if trunk else "nobody",
        "user": trunk.auth_username if trunk else "",
        "rule": rule.sip_dispatch_rule_id if rule else "none",
        "callers' numbers": "hidden" if rule and rule.hide_phone_number else "shown",
        "agents": ", ".join(agent.agent_name for agent in rule.room_config.agents) if rule else "none",
        **answering,
    }


def _answering(settings: Settings, line: Line) -> dict[str, str]:
    """Return the role that answers each number of the trunk."""
    roster = roster_of(settings)
    first = roster.first_role(settings.call)
    return {
        number: (roster.role_called(number) or first).role
        for number in (line.trunk.numbers if line.trunk else ())
    }


def _numbers(settings: Settings) -> list[str]:
    return list(roster_of(settings).house.numbers)


def _secret(variable: str) -> SecretStr:
    """Read a secret from the environment. Raises: BadInput."""
    value = given(variable)
    if not value:
        raise BadInput("--password-from", f"{variable[:60]} is not set", "set it in the environment")
    return SecretStr(value)
