"""The store's rows about recordings. Times: integer ms UTC."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from persistence.records import CallId

MUSIC = "music"
"""The speaker of a recording's hold music, which has a track of its own."""


class RecordingState(StrEnum):
    """The state of a call's recording. Only the first lets anything be recorded."""

    ON = "on"
    PAUSED = "paused"  # by an operator, or by the call's agent
    REFUSED = "refused"  # by the caller
    ENDED = "ended"  # it could not go on; the call did
    GONE = "gone"  # the sound was removed


@dataclass(frozen=True, slots=True)
class Recording:
    """Whether the caller agreed to be recorded, and the recording's state since."""

    call_id: CallId
    state: RecordingState
    allowed_at: int | None  # when the caller agreed
    moved_by: str
    moved_at: int


@dataclass(frozen=True, slots=True)
class Segment:
    """A file of one speaker's sound. `ended_at` is None while it is written, and if its process died."""

    id: str
    call_id: CallId
    speaker: str  # CALLER, a role, or MUSIC
    started_at: int
    ended_at: int | None = None
