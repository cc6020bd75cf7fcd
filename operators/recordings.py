"""Recordings as operators have them: a call's tracks, joined and decrypted."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from agents.recording.removal import has_sound
from errors import BadInput
from operators.person.record import CallRecord
from persistence.recording import Segment
from persistence.records import Call
from recordings.folder import SETTING, segment_path
from recordings.keys import SETTING as KEY_SETTING
from recordings.keys import read_keys
from recordings.segment_file import InvalidToken, read_segment
from recordings.track import Sound, joined
from settings import RecordingSettings


def speakers_of(segments: Sequence[Segment]) -> Sequence[str]:
    """Each once, in the order in which they began."""
    return list(dict.fromkeys(segment.speaker for segment in segments))


async def track_of(
    settings: RecordingSettings, call: Call, segments: Sequence[Segment], speaker: str, *, now: int
) -> bytes:
    """One speaker's sound from the call's start to its end, or to `now`, as an OGG/Opus file.

    Raises: BadInput (the folder or the keys are not there, or no key fits).
    """
    ours = [segment for segment in segments if segment.speaker == speaker]
    return await asyncio.to_thread(_joined, settings, call, ours, call.ended_at or now)


async def sounds_of(
    settings: RecordingSettings, records: Sequence[CallRecord], *, now: int
) -> Mapping[str, Mapping[str, bytes]]:
    """The tracks of these calls, by call and speaker. Raises: BadInput."""
    return {
        record.call.id: {
            speaker: await track_of(settings, record.call, record.segments, speaker, now=now)
            for speaker in speakers_of(record.segments)
        }
        for record in records
        if has_sound(record.recording)
    }


def _joined(settings: RecordingSettings, call: Call, segments: Sequence[Segment], ends_at: int) -> bytes:
    if settings.folder is None or settings.key_file is None:
        raise BadInput(SETTING, "is not set", "set it as the workers have it, with the key file")
    keys = read_keys(settings.key_file)
    try:
        sounds = [
            Sound(segment.started_at, read_segment(segment_path(settings.folder, call.id, segment.id), keys))
            for segment in segments
        ]
    except InvalidToken as error:
        wrong = f"has no key for the recording of {call.id}"
        raise BadInput(KEY_SETTING, wrong, "keep the keys of before below the new one") from error
    except OSError as error:
        wrong = f"{settings.folder} cannot be read ({error.strerror})"
        raise BadInput(SETTING, wrong, "give it to this user (chown)") from error
    return joined(sounds, started_at=call.started_at, ends_at=ends_at)
