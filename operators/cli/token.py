"""`baton token`: with which a caller, or a listener whom nobody sees, joins a room."""

from __future__ import annotations

from typing import Annotated

import typer

from operators.acts import ActContext
from operators.acts.room_tokens import NOT_AN_AGENTS, Door, Made, caller_token, listener_token
from operators.cli.act_context import By, acted, name_of
from operators.cli.calls import AsJson
from operators.cli.output import write_json
from settings import Settings
from transfer.protocol import is_agents


def make_token(
    room: Annotated[
        str | None, typer.Argument(metavar="ROOM", help="The room; without it, a new one for a caller.")
    ] = None,
    listener: Annotated[
        bool, typer.Option("--listener", help="For somebody who hears all, and whom nobody sees.")
    ] = False,
    role: Annotated[
        str | None, typer.Option("--role", help="Who answers; without it, the first role.")
    ] = None,
    identity: Annotated[str | None, typer.Option("--identity", help="The caller's name in the room.")] = None,
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Make a token for a room; a caller's brings the agent along. It is good for ten minutes."""
    if listener and (room is None or role or identity):
        raise typer.BadParameter("a listener's token needs a ROOM, and neither --role nor --identity")
    if identity and is_agents(identity):
        raise typer.BadParameter(f"--identity {NOT_AN_AGENTS}")
    settings = Settings()

    async def act(context: ActContext) -> Made:
        livekit = settings.livekit
        door = Door(livekit.api_key, livekit.api_secret.get_secret_value(), settings.worker.agent_name)
        if listener and room is not None:
            return await listener_token(context, door, room=room, by=name_of(by))
        return await caller_token(context, door, room=room, identity=identity, role=role, by=name_of(by))

    made = acted(act)
    if as_json:
        write_json({"url": settings.livekit.url, **{name: getattr(made, name) for name in Made.__slots__}})
    else:
        typer.echo(made.token)
