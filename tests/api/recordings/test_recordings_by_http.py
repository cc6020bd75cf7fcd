"""A call's recording by HTTP: played by who may listen, paused by who may act, exported and forgotten."""

from __future__ import annotations

import io
import logging
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from cryptography.fernet import Fernet

from operators.auth.security_log import LOGGER
from persistence.contract.store import Store
from persistence.recording import Segment
from persistence.records import CALLER, Call, CallEnd
from recordings.folder import segment_path
from recordings.keys import read_keys
from recordings.segment_file import RATE_HZ, SegmentWriter
from tests.contract.building import HOLDER, START, a_call
from tests.support.api.desk import Desk, problem

NUMBER = "+49 170 1234567"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    key = tmp_path / "keys"
    key.touch(0o600)
    key.write_bytes(Fernet.generate_key())
    monkeypatch.setenv("BATON_RECORDING_FOLDER", str(tmp_path / "recordings"))
    monkeypatch.setenv("BATON_RECORDING_KEY_FILE", str(key))
    return tmp_path


async def a_recorded_call(store: Store, folder: Path, *, is_over: bool = True) -> Call:
    """Its caller speaks for a second, two seconds after the call's start; the call lasts for four."""
    call = replace(a_call(), caller_number=NUMBER)
    await store.open_call(call)
    await store.decide_recording(call.id, allowed=True, job=HOLDER, at=START)
    await store.begin_segment(Segment("s1", call.id, CALLER, START + 2_000))
    writer = SegmentWriter(segment_path(folder / "recordings", call.id, "s1"), read_keys(folder / "keys"))
    writer.write(np.full(RATE_HZ, 999, np.int16))
    writer.close()
    if is_over:
        await store.end_call(call.id, CallEnd.GOODBYE, job=HOLDER, at=START + 4_000)
    return call


async def test_who_may_listen_plays_a_track_and_seeks_in_it(
    desk: Desk, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, LOGGER)
    call = await a_recorded_call(desk.store, folder)
    shown = (await desk.vera.get(f"/calls/{call.id}/recording")).json()
    assert (shown["recording"]["state"], shown["tracks"]) == ("on", ["caller"])
    path = f"/calls/{call.id}/recording/tracks/caller"
    whole = await desk.vera.get(path)
    assert whole.headers["content-type"] == "audio/ogg"
    assert whole.content.startswith(b"OggS")
    part = await desk.vera.get(path, headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, whole.content[100:200])
    assert part.headers["content-range"] == f"bytes 100-199/{len(whole.content)}"
    assert caplog.text.count("recording-played") == 1


async def test_who_is_not_heard_has_no_track(desk: Desk, folder: Path) -> None:
    call = await a_recorded_call(desk.store, folder)
    problem(await desk.vera.get(f"/calls/{call.id}/recording/tracks/billing"), "no-recording")
    problem(await desk.vera.get("/calls/nobody/recording/tracks/caller"), "unknown-call")


async def test_without_a_key_that_fits_the_answer_says_where_to_look(desk: Desk, folder: Path) -> None:
    call = await a_recorded_call(desk.store, folder)
    (folder / "keys").write_bytes(Fernet.generate_key())
    problem(await desk.vera.get(f"/calls/{call.id}/recording/tracks/caller"), "recording-out-of-reach")


async def test_only_who_may_act_pauses_a_recording_and_goes_on_with_it(desk: Desk, folder: Path) -> None:
    call = await a_recorded_call(desk.store, folder, is_over=False)
    path = f"/calls/{call.id}/recording"
    problem(await desk.vera.post(f"{path}/pause"), "right-missing")
    assert (await desk.anna.post(f"{path}/pause")).json()["state"] == "paused"
    problem(await desk.anna.post(f"{path}/pause"), "not-recorded")
    resumed = (await desk.anna.post(f"{path}/resume")).json()
    assert (resumed["state"], resumed["moved_by"]) == ("on", "anna")


async def test_a_caller_is_given_their_sound_and_once_forgotten_it_is_gone(desk: Desk, folder: Path) -> None:
    call = await a_recorded_call(desk.store, folder)
    track = await desk.anna.get(f"/calls/{call.id}/recording/tracks/caller")
    answer = await desk.anna.post("/people/export", json={"caller": NUMBER})
    with zipfile.ZipFile(io.BytesIO(answer.content)) as file:
        assert file.read(f"recordings/{call.id}/caller.ogg") == track.content
    forgotten = (await desk.anna.post("/people/forget", json={"caller": NUMBER})).json()
    assert (forgotten["forgotten"], forgotten["remains"]) == (1, "")
    assert not [path for path in (folder / "recordings").rglob("*") if path.is_file()]
    problem(await desk.anna.get(f"/calls/{call.id}/recording/tracks/caller"), "no-recording")


async def test_a_recording_that_cannot_be_removed_here_is_named(
    desk: Desk, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = await a_recorded_call(desk.store, folder)
    for name in ("FOLDER", "KEY_FILE"):
        monkeypatch.delenv(f"BATON_RECORDING_{name}")
    forgotten = (await desk.anna.post("/people/forget", json={"caller": NUMBER})).json()
    assert call.id in forgotten["remains"]
    assert "BATON_RECORDING_FOLDER" in forgotten["remains"]
