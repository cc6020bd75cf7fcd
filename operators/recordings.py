"""Recordings for operators: a call's tracks, joined and decrypted, with a tone over redacted turns.

The sound at rest is complete: words are redacted after they are transcribed, and by then their sound is
written. So every export goes through this module, which uses the turns to decide what nobody may hear.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agents.recording.removal import has_sound
from agents.redaction.kinds import is_redacted
from errors import BadInput
from operators.person.record import CallRecord
from persistence.recording import MUSIC, Segment
from persistence.records import CALLER, OPERATOR, Call, CallId, Turn
from recordings.folder import SETTING, segment_path
from recordings.keys import SETTING as KEY_SETTING
from recordings.keys import read_keys
from recordings.segment_file import InvalidToken, read_segment
from recordings.track import Sound, joined
from settings import RecordingSettings

UNDERSTOOD_MS = 30_000
"""A turn is stored by then: transcribed within seconds, it waits at most 10 s for the rest of a number."""
_BEFORE_MS = 300
"""Covers the delay of a turn's times: a voice's start and end are noticed 100 to 250 ms late."""


def speakers_of(segments: Sequence[Segment]) -> Sequence[str]:
    """Return each speaker once, in the order of their first segments."""
    return list(dict.fromkeys(segment.speaker for segment in segments))


@dataclass(frozen=True, slots=True)
class TrackPlan:
    """All inputs of a track: equal plans make the same track.

    `ends_at`: for an open call (`is_over` is False), `UNDERSTOOD_MS` ago. `toned`: the periods that a tone
    replaces, each as start and end. Times are ms UTC.
    """

    call_id: CallId
    started_at: int
    ends_at: int
    is_over: bool
    segments: tuple[Segment, ...]
    toned: tuple[tuple[int, int], ...]


def plan_of(
    call: Call, segments: Sequence[Segment], turns: Sequence[Turn], speaker: str, *, now: int
) -> TrackPlan:
    """Return the plan for one speaker's track from the call's start to its end, given the call's turns.

    A turn without words gets a tone too: its words were removed, and may have contained a number. If two
    persons of two roles talk with the caller, the track of the first one's role has both.
    """
    return TrackPlan(
        call_id=call.id,
        started_at=call.started_at,
        ends_at=now - UNDERSTOOD_MS if call.ended_at is None else call.ended_at,
        is_over=call.ended_at is not None,
        segments=tuple(segment for segment in segments if segment.speaker == speaker),
        toned=tuple(
            (turn.started_at - _BEFORE_MS, turn.ended_at)
            for turn in turns
            if _may_be_heard(turn, speaker) and (not turn.text or is_redacted(turn.text))
        ),
    )


def _may_be_heard(turn: Turn, speaker: str) -> bool:
    others = {CALLER, OPERATOR, MUSIC}
    return turn.speaker == speaker or (turn.speaker not in others and speaker not in others)


async def join_track(settings: RecordingSettings, plan: TrackPlan) -> bytes:
    """Return the track as an OGG/Opus file.

    Raises: BadInput (the folder or the keys are missing, or no key fits).
    """
    return await asyncio.to_thread(_joined, settings, plan)


async def track_of(
    settings: RecordingSettings,
    call: Call,
    segments: Sequence[Segment],
    turns: Sequence[Turn],
    speaker: str,
    *,
    now: int,
) -> bytes:
    """Return one speaker's sound as an OGG/Opus file (see `plan_of`). Raises as `join_track`."""
    return await join_track(settings, plan_of(call, segments, turns, speaker, now=now))


async def sounds_of(
    settings: RecordingSettings, records: Sequence[CallRecord], *, now: int
) -> Mapping[str, Mapping[str, bytes]]:
    """Return these calls' tracks, by call and speaker. Raises: BadInput."""
    return {
        record.call.id: {
            speaker: await track_of(settings, record.call, record.segments, record.turns, speaker, now=now)
            for speaker in speakers_of(record.segments)
        }
        for record in records
        if has_sound(record.recording)
    }


def _joined(settings: RecordingSettings, plan: TrackPlan) -> bytes:
    if settings.folder is None or settings.key_file is None:
        raise BadInput(SETTING, "is not set", "set it as the workers have it, with the key file")
    keys = read_keys(settings.key_file)
    try:
        sounds = [
            Sound(one.started_at, read_segment(segment_path(settings.folder, plan.call_id, one.id), keys))
            for one in plan.segments
        ]
    except InvalidToken as error:
        wrong = f"has no key for the recording of {plan.call_id}"
        raise BadInput(KEY_SETTING, wrong, "keep the earlier keys below the new one") from error
    except OSError as error:
        wrong = f"{settings.folder} cannot be read ({error.strerror})"
        raise BadInput(SETTING, wrong, "give it to this user (chown)") from error
    return joined(
        sounds,
        started_at=plan.started_at,
        ends_at=plan.ends_at,
        toned=plan.toned,
        stops=not plan.is_over,
    )
