"""A call's recording by HTTP: played by listeners, paused by those who may act, exported, forgotten."""

from __future__ import annotations

import io
import logging
import zipfile
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from operators.auth.security_log import LOGGER
from tests.support.api.desk import Desk, problem
from tests.support.api.recorded_call import NUMBER, a_recorded_call


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
    endless = await desk.vera.get(path, headers={"Range": f"bytes={'9' * 5_000}-"})
    assert endless.status_code == 200, "a number that is none of a byte's is no range"
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
