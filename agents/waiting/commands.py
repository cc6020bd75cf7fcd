"""The commands from a worker to its waiting room: one line of JSON per caller, over a socket."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from transfer.protocol import AnswerCall, Id, Message


class Greet(Message):
    """Let a caller that nobody has answered wait in line. `job` is the waiting room's job for this call.

    `came_at`, ms UTC, decides the place.
    """

    kind: Literal["greet"] = "greet"
    job: Id
    room: Id
    task: AnswerCall
    came_at: int


class TakeUp(Message):
    """Replace the lost or draining waiting room of a call that already waits in line."""

    kind: Literal["take_up"] = "take_up"
    job: Id
    room: Id
    call: Id


Command = Annotated[Greet | TakeUp, Field(discriminator="kind")]
_COMMAND: TypeAdapter[Greet | TakeUp] = TypeAdapter(Command)


def read_command(line: bytes) -> Greet | TakeUp:
    """Parse a line. Raises: ValueError."""
    return _COMMAND.validate_json(line)


def written(command: Greet | TakeUp) -> bytes:
    return command.model_dump_json(exclude_none=True).encode() + b"\n"
