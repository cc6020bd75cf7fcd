"""Recordings as operators have them: a call's tracks, joined and decrypted, with a tone for what is redacted.

The sound at rest is whole: words are redacted once they are understood, and by then their sound is written.
So every way out leads through here, where the turns tell what nobody may hear.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from agents.recording.removal import has_sound
from agents.redaction.kinds import is_redacted
from errors import BadInput
from operators.person.record import CallRecord
from persistence.recording import Segment
from persistence.records import Call, Turn
from recordings.folder import SETTING, segment_path
from recordings.keys import SETTING as KEY_SETTING
from recordings.keys import read_keys
from recordings.segment_file import InvalidToken, read_segment
from recordings.track import Sound, joined
from settings import RecordingSettings

UNDERSTOOD_MS = 30_000
"""By then a turn is stored: transcribed within seconds, it waits 10 s at most for the rest of a number."""
_BEFORE_MS = 300
"""A turn's times are when its voice was noticed: 100 to 250 ms late, at its start and at its end."""


def speakers_of(segments: Sequence[Segment]) -> Sequence[str]:
    """Each once, in the order in which they began."""
    return list(dict.fromkeys(segment.speaker for segment in segments))


async def track_of(
    settings: RecordingSettings,
    call: Call,
    segments: Sequence[Segment],
    turns: Sequence[Turn],
    speaker: str,
    *,
    now: int,
) -> bytes:
    """One speaker's sound from the call's start to its end, as an OGG/Opus file.

    Of a call that goes on, the last `UNDERSTOOD_MS` are left out. `turns`: the call's, as they are stored.

    Raises: BadInput (the folder or the keys are not there, or no key fits).
    """
    ours = [segment for segment in segments if segment.speaker == speaker]
    toned = [
        (turn.started_at - _BEFORE_MS, turn.ended_at)
        for turn in turns
        if turn.speaker == speaker and (not turn.text or is_redacted(turn.text))  # removed: it may have been
    ]
    return await asyncio.to_thread(_joined, settings, call, ours, toned, now)


async def sounds_of(
    settings: RecordingSettings, records: Sequence[CallRecord], *, now: int
) -> Mapping[str, Mapping[str, bytes]]:
    """The tracks of these calls, by call and speaker. Raises: BadInput."""
    return {
        record.call.id: {
            speaker: await track_of(settings, record.call, record.segments, record.turns, speaker, now=now)
            for speaker in speakers_of(record.segments)
        }
        for record in records
        if has_sound(record.recording)
    }


def _joined(
    settings: RecordingSettings,
    call: Call,
    segments: Sequence[Segment],
    toned: Sequence[tuple[int, int]],
    now: int,
) -> bytes:
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
    if call.ended_at is not None:
        return joined(sounds, started_at=call.started_at, ends_at=call.ended_at, toned=toned)
    until = now - UNDERSTOOD_MS
    return joined(sounds, started_at=call.started_at, ends_at=until, toned=toned, stops=True)
