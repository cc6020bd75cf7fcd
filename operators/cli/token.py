"""`baton token`: creates tokens for callers and hidden listeners to join a room."""

from __future__ import annotations

from typing import Annotated

import typer

from operators.acts import ActContext
from operators.acts.room_tokens import CARRIED_LIFE, NOT_AN_AGENTS, Door, Made, caller_token, listener_token
from operators.auth.security_log import Happened
from operators.cli.act_context import By, acted, name_of, security_log
from operators.cli.calls import AsJson
from operators.cli.output import write_json
from settings import Settings
from transfer.protocol import is_agents


def make_token(
    room: Annotated[
        str | None, typer.Argument(metavar="ROOM", help="The room. Default for a caller: a new room.")
    ] = None,
    listener: Annotated[bool, typer.Option("--listener", help="For a hidden listener.")] = False,
    role: Annotated[
        str | None, typer.Option("--role", help="The role that answers. Default: the first role.")
    ] = None,
    identity: Annotated[
        str | None, typer.Option("--identity", help="The caller's identity in the room.")
    ] = None,
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Create a token to join a room, valid for ten minutes (a listener's: one).

    A caller's token also brings an agent into a new room.
    """
    if listener and (room is None or role or identity):
        raise typer.BadParameter("a listener's token needs a ROOM, and takes neither --role nor --identity")
    if identity and is_agents(identity):
        raise typer.BadParameter(f"--identity {NOT_AN_AGENTS}")
    settings = Settings()
    log = security_log(settings)

    async def act(context: ActContext) -> Made:
        livekit = settings.livekit
        door = Door(livekit.api_key, livekit.api_secret.get_secret_value(), settings.worker.agent_name)
        if listener and room is not None:
            made = await listener_token(context, door, room=room, by=name_of(by), key=None)
            log.tell(Happened.LISTENING, name_of(by), moved_to="asked", listener=made.identity)
            return made
        return await caller_token(
            context, door, room=room, identity=identity, role=role, by=name_of(by), life=CARRIED_LIFE
        )

    made = acted(act, quiet=as_json)
    if as_json:
        write_json({"url": settings.livekit.url, **{name: getattr(made, name) for name in Made.__slots__}})
    else:
        typer.echo(made.token)
