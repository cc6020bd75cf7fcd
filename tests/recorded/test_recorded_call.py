"""A recorded call with a handoff and a `kill -9` contains every turn of every speaker."""

from __future__ import annotations

import io
from pathlib import Path

import av
import numpy as np
import pytest

from local.caller.tape import RATE_HZ, Samples
from local.stack import Stack
from persistence.records import CALLER
from recordings.folder import files_of, segment_path
from recordings.keys import read_keys
from recordings.segment_file import read_segment
from recordings.track import Sound, joined
from tests.support.conversation import Conversation, conversation, until
from tests.support.driving import Moment, brought_to, kill_holder

pytestmark = pytest.mark.asyncio(loop_scope="session")

BEGINS_MS = 1_000
LOUD = 500


async def recorded(talk: Conversation, folder: Path, speaker: str) -> Samples:
    """Return a speaker's track, from the call's start."""
    call, keys = await talk.call(), read_keys(folder / "recording.keys")
    segments = [one for one in await talk.store.segments(call.id) if one.speaker == speaker]
    sounds = [
        Sound(one.started_at, read_segment(segment_path(folder / "recordings", call.id, one.id), keys))
        for one in segments
    ]
    ogg = joined(sounds, started_at=call.started_at, ends_at=call.ended_at or 0)
    with av.open(io.BytesIO(ogg), "r") as file:
        resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE_HZ)
        frames = [out for frame in file.decode(audio=0) for out in resampler.resample(frame)]
    return np.concatenate([frame.to_ndarray()[0] for frame in frames])


async def is_recorded_to_its_end(talk: Conversation) -> None:
    call = await talk.ended()

    async def look() -> bool:
        segments = await talk.store.segments(call.id)
        return bool(segments) and all(one.ended_at is not None for one in segments)

    await until(look, "the recording's end")


async def test_one_track_a_speaker_over_a_handoff_and_a_kill(stack: Stack, folder: Path) -> None:
    async with conversation(stack) as talk:
        await talk.is_greeted()
        async with brought_to(talk, Moment.TALKING):
            await kill_holder(talk)
        await talk.meets_another()
        await talk.says("I was charged twice for my last invoice")
        await talk.meets_another()
        await talk.says("yes that is correct can you refund it")
        await talk.is_answered()
        await talk.caller.hang_up()
        await is_recorded_to_its_end(talk)
        call = await talk.call()
        agreed = next(event.at for event in await talk.events() if event.kind == "recording")
        tracks = {who: await recorded(talk, folder, who) for who in (CALLER, "front-desk", "billing")}
        turns = [turn for turn in await talk.turns() if turn.started_at > agreed + BEGINS_MS]
    assert {turn.speaker for turn in turns} == set(tracks)
    for turn in turns:
        first, last = ((at - call.started_at) * RATE_HZ // 1000 for at in (turn.started_at, turn.ended_at))
        assert np.abs(tracks[turn.speaker][first:last]).max() > LOUD, turn
    assert len(files_of(folder / "recordings", call.id)) >= 4
    for path in files_of(folder / "recordings", call.id):
        assert path.stat().st_mode & 0o077 == 0
        assert b"OggS" not in path.read_bytes()
