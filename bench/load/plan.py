"""What the callers' process is told, and what it answers. One JSON object a line."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PlannedCall(_Message):
    """A caller joins `at_s` after the start, and hangs up after talking for `talk_s`.

    `waits`: until an agent has the call, which a Taken line tells, the caller only listens. From the start of
    a line to that of the next at least `every_s` pass. `noise`: the caller says nothing, and is never silent.
    `hands_over`: half-way, the caller says what another desk is for, and talks to that one.
    """

    room: str
    token: str
    at_s: float
    talk_s: float
    waits: bool = False
    every_s: float = 0.0
    noise: bool = False
    hands_over: bool = False


class Plan(_Message):
    """The first line. A caller whom no agent has taken after `patience_s` hangs up."""

    url: str
    lines: tuple[str, ...]
    handing_over: str
    calls: tuple[PlannedCall, ...]
    patience_s: float


class Taken(_Message):
    """A later line: an agent has this room's call."""

    room: str


class Heard(_Message):
    """What one caller experienced; seconds. `silences` are of a caller who waits for a voice or a sound.

    `late_s`: how late the callers' event loop was at worst. So much of a turn or a silence is their own.
    """

    room: str
    greeted_s: float | None = None
    taken_s: float | None = None  # since the caller joined
    turns_s: tuple[float, ...] = ()
    silences_s: tuple[float, ...] = ()
    unanswered: int = 0
    gave_up: bool = False
    late_s: float = 0.0
    lost: str = ""
