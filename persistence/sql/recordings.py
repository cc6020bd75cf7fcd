"""What may be recorded, and what was: `persistence.contract.recordings`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from persistence.recording import Recording, RecordingState, Segment
from persistence.records import CALLER, Call, CallId, JobId, WorkerId
from persistence.sql.connection import Move
from persistence.sql.rows import call_of, columns, recording_of, segment_of
from persistence.sql.tables import Tables

_RECORDING, _SEGMENT = columns(Recording), columns(Segment)
_HAS_SOUND = "state IN ('on', 'paused', 'ended')"

_DECIDE = Move(
    "decide_recording",
    _RECORDING,
    f"""
INSERT INTO recordings (call_id, state, allowed_at, moved_by, moved_at)
SELECT id, :state, :allowed_at, :moved_by, :at
FROM calls
WHERE id = :call_id AND ended_at IS NULL AND holder_job = :job
ON CONFLICT DO NOTHING
RETURNING {_RECORDING}
""",
)

_MOVE = Move(
    "move_recording",
    _RECORDING,
    f"""
UPDATE recordings
SET state = :state, moved_by = :by, moved_at = :at
WHERE
    call_id = :call_id
    AND state IN ('on', 'paused') AND state <> :state
    AND EXISTS (SELECT 1 FROM calls WHERE id = :call_id AND ended_at IS NULL)
RETURNING {_RECORDING}
""",
)

_GONE = Move(
    "recording_gone",
    _RECORDING,
    f"""
UPDATE recordings
SET state = 'gone', moved_by = :by, moved_at = :at
WHERE
    call_id = :call_id
    AND {_HAS_SOUND}
    AND EXISTS (SELECT 1 FROM calls WHERE id = :call_id AND ended_at IS NOT NULL AND legal_hold_at IS NULL)
RETURNING {_RECORDING}
""",
)

_BEGIN = Move(
    "begin_segment",
    _SEGMENT,
    f"""
INSERT INTO recording_segments (id, call_id, speaker, started_at, ended_at)
SELECT :id, call_id, :speaker, :started_at, :ended_at
FROM recordings
WHERE call_id = :call_id AND state = 'on'
RETURNING {_SEGMENT}
""",
)

_END = Move(
    "end_segment",
    _SEGMENT,
    f"UPDATE recording_segments SET ended_at = :at WHERE id = :id AND ended_at IS NULL RETURNING {_SEGMENT}",
)

_ONE = f"SELECT {_RECORDING} FROM recordings WHERE call_id = :call_id"
_SEGMENTS = f"SELECT {_SEGMENT} FROM recording_segments WHERE call_id = :call_id ORDER BY started_at, id"
_CALLS = f"""
SELECT {columns(Call)} FROM calls
WHERE ended_at IS NULL AND worker = :worker AND id IN (SELECT call_id FROM recordings WHERE state = 'on')
"""
_DUE = f"""
SELECT id FROM calls
WHERE
    ended_at < :before AND legal_hold_at IS NULL
    AND id IN (SELECT call_id FROM recordings WHERE {_HAS_SOUND})
ORDER BY ended_at
LIMIT :limit
"""


class SqlRecordings(Tables):
    """`RecordingStore`."""

    async def decide_recording(self, call_id: CallId, *, allowed: bool, job: JobId, at: int) -> Recording:
        values = {
            "call_id": call_id,
            "state": RecordingState.ON if allowed else RecordingState.REFUSED,
            "allowed_at": at if allowed else None,
            "moved_by": CALLER,
            "at": at,
            "job": job,
        }
        return recording_of(await self._writer.moved(_DECIDE, values))

    async def move_recording(self, call_id: CallId, state: RecordingState, *, by: str, at: int) -> Recording:
        values = {"call_id": call_id, "state": state, "by": by, "at": at}
        return recording_of(await self._writer.moved(_MOVE, values))

    async def recording_gone(self, call_id: CallId, *, by: str, at: int) -> Recording:
        values = {"call_id": call_id, "by": by, "at": at}
        return recording_of(await self._writer.moved(_GONE, values))

    async def recording(self, call_id: CallId) -> Recording | None:
        rows = await self._read(_ONE, {"call_id": call_id})
        return recording_of(rows[0]) if rows else None

    async def recorded_calls(self, worker: WorkerId) -> Sequence[Call]:
        return [call_of(row) for row in await self._read(_CALLS, {"worker": worker})]

    async def recordings_due(self, *, before: int, limit: int) -> Sequence[CallId]:
        return [CallId(row["id"]) for row in await self._read(_DUE, {"before": before, "limit": limit})]

    async def begin_segment(self, segment: Segment) -> None:
        await self._writer.moved(_BEGIN, asdict(segment))

    async def end_segment(self, segment_id: str, *, at: int) -> None:
        await self._writer.changed(_END, {"id": segment_id, "at": at})

    async def segments(self, call_id: CallId) -> Sequence[Segment]:
        return [segment_of(row) for row in await self._read(_SEGMENTS, {"call_id": call_id})]
