"""What a worker tells its waiting room: one line of JSON per caller, over a socket."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from transfer.protocol import AnswerCall, Id, Message


class Greet(Message):
    """A caller whom nobody has answered: let them wait in line. `job` is the waiting room's for this call.

    `came_at`, ms UTC, decides the place.
    """

    kind: Literal["greet"] = "greet"
    job: Id
    room: Id
    task: AnswerCall
    came_at: int


class TakeUp(Message):
    """A call that waits in line already, and whose waiting room is lost or drains: go on in its place."""

    kind: Literal["take_up"] = "take_up"
    job: Id
    room: Id
    call: Id


Command = Annotated[Greet | TakeUp, Field(discriminator="kind")]
_COMMAND: TypeAdapter[Greet | TakeUp] = TypeAdapter(Command)


def read_command(line: bytes) -> Greet | TakeUp:
    """Raises: ValueError."""
    return _COMMAND.validate_json(line)


def written(command: Greet | TakeUp) -> bytes:
    return command.model_dump_json(exclude_none=True).encode() + b"\n"
