"""What agents tell each other reaches nobody else: not the room, the server, or the log."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence

import pytest

from local.caller.audio_receiver import HeardTrack
from local.caller.inbox import Received
from local.stack import Stack
from persistence.engines import open_store
from tests.support.privacy import found, private_phrases
from tests.support.recording import CALLER, NAME, Recording

pytestmark = pytest.mark.asyncio(loop_scope="session")

SHOWN = {"attributes", "metadata", "name", "track", "room metadata"}
"""What every client in a room can see without being sent anything. Baton puts nothing else there."""

IDS = {"kind", "version", "role", "call", "handoff", "attempt", "holder", "caller"}


def private(recording: Recording) -> frozenset[str]:
    return private_phrases(recording.handoffs, recording.turns)


def sent(received: Iterable[Received]) -> Sequence[Received]:
    return [item for item in received if item.kind not in SHOWN]


def texts(received: Iterable[Received]) -> Sequence[str]:
    return [f"{item.topic} {item.text}" for item in received]


def heard_before(tracks: Iterable[HeardTrack], identity: str, until_s: float) -> bool:
    firsts = [track.first_loud_s for track in tracks if track.identity == identity]
    return any(first is not None and first < until_s for first in firsts)


async def test_there_is_something_to_keep_private(recording: Recording) -> None:
    assert {"you were charged", "promised nothing yet", "seven four one", "can you refund"} <= private(
        recording
    )
    assert recording.caller.received, "a client that sees nothing of a room proves nothing"
    assert recording.bystander.received


@pytest.mark.fault("B17")
async def test_callers_client_is_sent_nothing(recording: Recording) -> None:
    assert not sent(recording.caller.received)
    assert not found(private(recording), texts(recording.caller.received))


@pytest.mark.fault("B17")
async def test_second_persons_client_is_sent_nothing(recording: Recording) -> None:
    assert not sent(recording.bystander.received)
    assert not found(private(recording), texts(recording.bystander.received))


@pytest.mark.fault("B17")
async def test_target_makes_no_sound_before_it_holds_the_call(recording: Recording) -> None:
    taken_at = next(event.at for event in recording.events if event.moved_to == "completed")
    assert not heard_before(recording.caller.tracks, recording.second, (taken_at - recording.zero_at) / 1000)
    assert {track.identity for track in recording.bystander.tracks} <= {
        CALLER,
        recording.first,
        recording.second,
    }


@pytest.mark.fault("B17")
async def test_server_knows_ids_alone(recording: Recording) -> None:
    seen = recording.seen
    everything = [*seen.dispatches, *seen.participants.values(), seen.room_metadata]
    handed_over = [json.loads(text) for text in seen.dispatches if recording.handoff.id in text]
    assert handed_over
    assert all(set(metadata) == IDS for metadata in handed_over)
    assert recording.second in seen.participants
    assert not found(private(recording), everything)


@pytest.mark.usefixtures("recording")
async def test_log_holds_no_words_no_names_and_no_keys(stack: Stack) -> None:
    """Searches the log for the private phrases of every call so far."""
    async with open_store(stack.store, read_only=True) as store:
        calls = await store.calls()
        turns = [turn for call in calls for turn in await store.turns(call.id)]
        said = private_phrases(await store.handoffs(limit=1000), turns)
    log = stack.worker.log.read_text(encoding="utf-8")
    assert turns
    assert not found(said, log.splitlines())
    assert CALLER not in log
    assert NAME.split()[1] not in log
    assert stack.livekit.api_secret not in log
    assert not re.search(r"eyJ[\w-]+\.eyJ", log), "that is what a token looks like"


async def test_finding_11_log_names_no_room(stack: Stack, recording: Recording) -> None:
    log = stack.worker.log.read_text(encoding="utf-8")
    assert '"room": "~' in log, "a short hash stands for it"
    assert recording.room not in log
