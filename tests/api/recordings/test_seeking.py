"""Seeking in a recording joins it once. The sound stays in memory for minutes, or until it is gone."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from pathlib import Path

import httpx
import pytest

from agents.recording.removal import remove_sound
from operators import recordings
from operators.api import kept_tracks
from operators.recordings import UNDERSTOOD_MS
from persistence.records import Call
from recordings.track import Sound, joined
from settings import Settings
from tests.support.api.desk import VERA, Desk, problem
from tests.support.api.recorded_call import ENDS_MS, NUMBER, a_recorded_call

LIMIT_S = 20.0


@pytest.fixture
def joins(monkeypatch: pytest.MonkeyPatch) -> list[Sequence[Sound]]:
    """Collects each time that a track is joined."""
    times: list[Sequence[Sound]] = []

    def counted(sounds: Sequence[Sound], **how: object) -> bytes:
        times.append(sounds)
        return joined(sounds, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(recordings, "joined", counted)
    return times


async def played(desk: Desk, call: Call, part: str | None = None) -> httpx.Response:
    headers = {"Range": f"bytes={part}"} if part else {}
    return await desk.vera.get(f"/calls/{call.id}/recording/tracks/caller", headers=headers)


async def dropped(desk: Desk) -> None:
    async with asyncio.timeout(LIMIT_S):
        while desk.parts.tracks.kept:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.01)


async def test_ranges_are_slices_of_the_whole_which_is_joined_once(
    desk: Desk, folder: Path, joins: list[Sequence[Sound]]
) -> None:
    call = await a_recorded_call(desk.store, folder)
    whole = (await played(desk, call)).content
    size = len(whole)
    assert not desk.parts.tracks.kept, "who fetches the whole does not come back for more"
    joins.clear()
    slices = {
        "0-": (0, size),
        "100-199": (100, 200),
        f"100-{size + 900}": (100, size),
        "-50": (size - 50, size),
        f"-{size + 900}": (0, size),
    }
    for part, (begins, ends) in slices.items():
        answer = await played(desk, call, part)
        assert (answer.status_code, answer.content) == (206, whole[begins:ends])
        assert answer.headers["content-range"] == f"bytes {begins}-{ends - 1}/{size}"
        assert answer.headers["cache-control"] == "no-store"
    assert len(joins) == 1


async def test_several_who_ask_at_once_wait_for_the_same_sound(
    desk: Desk, folder: Path, joins: list[Sequence[Sound]]
) -> None:
    call = await a_recorded_call(desk.store, folder)
    first, second = await asyncio.gather(played(desk, call, "0-99"), played(desk, call, "0-99"))
    assert first.content == second.content
    assert len(joins) == 1


async def test_a_range_behind_the_end_is_refused_with_the_size(desk: Desk, folder: Path) -> None:
    call = await a_recorded_call(desk.store, folder)
    size = len((await played(desk, call)).content)
    for part in (f"{size}-", "-0"):
        refused = await played(desk, call, part)
        problem(refused, "no-such-range")
        assert refused.headers["content-range"] == f"bytes */{size}"


@pytest.mark.parametrize("part", ["9-3", "-", "a-b", "0-1,5-6"])
async def test_what_is_no_single_range_gets_the_whole(desk: Desk, folder: Path, part: str) -> None:
    call = await a_recorded_call(desk.store, folder)
    answer = await played(desk, call, part)
    assert (answer.status_code, answer.content) == (200, (await played(desk, call)).content)


async def test_of_a_call_that_goes_on_nothing_is_kept(desk: Desk, folder: Path) -> None:
    call = await a_recorded_call(desk.store, folder, is_over=False)
    desk.clock.at += ENDS_MS + UNDERSTOOD_MS
    whole = (await played(desk, call)).content
    assert (await played(desk, call, "100-199")).content == whole[100:200]
    assert not desk.parts.tracks.kept
    desk.clock.at += ENDS_MS
    assert len((await played(desk, call, "0-")).content) > len(whole)


async def test_rights_are_asked_for_with_each_range(desk: Desk, folder: Path) -> None:
    call = await a_recorded_call(desk.store, folder)
    await played(desk, call, "0-99")
    assert desk.parts.tracks.kept
    path, wanted = f"/calls/{call.id}/recording/tracks/caller", {"Range": "bytes=0-99"}
    problem(await desk.nobody.get(path, headers=wanted), "token-missing")
    await desk.store.revoke_operator(VERA, at=desk.clock.at)
    problem(await played(desk, call, "0-99"), "token-unknown")


async def test_what_removes_no_sound_drops_none(desk: Desk, folder: Path) -> None:
    call = await a_recorded_call(desk.store, folder)
    await played(desk, call, "0-99")
    with desk.parts.feed.listen() as listener:
        await desk.anna.post(f"/calls/{call.id}/legal-hold")
        async with asyncio.timeout(LIMIT_S):
            while not any(frame.moved_to == "legal_hold" for frame in await listener.next()):
                pass
    assert desk.parts.tracks.kept


async def test_forgetting_a_caller_drops_the_sound_that_is_kept(desk: Desk, folder: Path) -> None:
    call = await a_recorded_call(desk.store, folder)
    await played(desk, call, "0-99")
    assert desk.parts.tracks.kept
    await desk.anna.post("/people/forget", json={"caller": NUMBER})
    problem(await played(desk, call, "0-99"), "no-recording")
    await dropped(desk)


async def removed_elsewhere(desk: Desk, call: Call) -> None:
    """Remove the sound as a worker's purge does, which is a process of its own."""
    await remove_sound(Settings().recording, desk.store, call.id, by="purge", at=desk.clock.at)


async def test_a_purge_by_a_worker_drops_the_sound_that_is_kept(desk: Desk, folder: Path) -> None:
    call = await a_recorded_call(desk.store, folder)
    await played(desk, call, "0-99")
    assert desk.parts.tracks.kept
    await removed_elsewhere(desk, call)
    await dropped(desk)
    problem(await played(desk, call, "0-99"), "no-recording")


async def test_a_recording_that_is_removed_while_it_is_joined_is_not_kept(
    desk: Desk, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = await a_recorded_call(desk.store, folder)
    began, may_end = threading.Event(), threading.Event()

    def slowly(sounds: Sequence[Sound], **how: object) -> bytes:
        began.set()
        assert may_end.wait(LIMIT_S)
        return joined(sounds, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(recordings, "joined", slowly)
    playing = asyncio.create_task(played(desk, call, "0-99"))
    assert await asyncio.to_thread(began.wait, LIMIT_S)
    await removed_elsewhere(desk, call)
    await dropped(desk)
    may_end.set()
    await playing
    assert not desk.parts.tracks.kept


async def test_sound_is_kept_for_a_short_time(
    desk: Desk, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_tracks, "KEPT_S", 0.0)
    call = await a_recorded_call(desk.store, folder)
    await played(desk, call, "0-99")
    await dropped(desk)


async def test_more_sound_than_fits_is_not_kept(
    desk: Desk, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_tracks, "KEPT_BYTES", 100)
    call = await a_recorded_call(desk.store, folder)
    assert len((await played(desk, call, "0-99")).content) == 100
    assert not desk.parts.tracks.kept
