"""What Baton needs of a store to record only what it may, and to find it again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from persistence.recording import Recording, RecordingState, Segment
from persistence.records import Call, CallId, JobId, WorkerId


class RecordingStore(Protocol):
    """Every move is one guarded statement; a lost guard raises StaleHandoff. `at`: milliseconds UTC."""

    async def decide_recording(self, call_id: CallId, *, allowed: bool, job: JobId, at: int) -> Recording:
        """The caller has agreed to be recorded, or refused: once a call, told by the call's holder."""
        ...

    async def move_recording(self, call_id: CallId, state: RecordingState, *, by: str, at: int) -> Recording:
        """Pause it, go on with it, or end it, while the call is open. One that is ended stays so."""
        ...

    async def recording_gone(self, call_id: CallId, *, by: str, at: int) -> Recording:
        """Its sound is removed. Only of a call that is over, and under no legal hold."""
        ...

    async def recording(self, call_id: CallId) -> Recording | None: ...

    async def recorded_calls(self, worker: WorkerId) -> Sequence[Call]:
        """The open calls of a worker whose recording is on."""
        ...

    async def recordings_due(self, *, before: int, limit: int) -> Sequence[CallId]:
        """Calls that ended before `before`, and whose sound may be removed; the oldest first."""
        ...

    async def begin_segment(self, segment: Segment) -> None:
        """Before its file is made. Raises: StaleHandoff (the recording is not on)."""
        ...

    async def end_segment(self, segment_id: str, *, at: int) -> None:
        """No sound comes after `at`. An ended segment stays as it is."""
        ...

    async def segments(self, call_id: CallId) -> Sequence[Segment]:
        """By their start."""
        ...
