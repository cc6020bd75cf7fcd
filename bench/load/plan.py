"""The messages to and from the callers' process, one JSON object a line."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PlannedCall(_Message):
    """A caller joins `at_s` after the start, and hangs up after talking for `talk_s`.

    `waits`: the caller only listens until a Taken line says that an agent has the call. At least `every_s`
    pass from the start of one line to the start of the next. `noise`: the caller says no words, and is never
    silent. `hands_over`: half-way, the caller names another desk's matter, and then talks to that desk.
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
    """What one caller experienced, in seconds. `silences_s` are waits for a voice, or on hold for any sound.

    `late_s`: the callers' event loop was at most this late. That much of a turn or silence may be its fault.
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
