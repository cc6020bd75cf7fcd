"""The purge removes what is due and keeps the rest, and the doctor sees what is overdue."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from agents.worker.purging import DAY_MS, purge, purge_recordings
from clock import SystemClock
from errors import BadInput
from operators.doctor.keeping import check_purge
from persistence.access import Session
from persistence.contract.store import Store
from persistence.engines import migrate, open_store
from persistence.numbers import hashed
from persistence.records import CALLER, CallEnd, CallId
from recordings.folder import segment_path
from settings import CallSettings, KeepingSettings, RecordingSettings, Settings, check_kept_for_a_call
from tests.contract.building import HOLDER, a_call
from tests.support.memory_store import MemoryStore

NUMBER = "+49 170 1234567"
NOW = SystemClock().now_ms()


class _Clock:
    def now_ms(self) -> int:
        return NOW


def keeping(**days: float) -> KeepingSettings:
    return KeepingSettings(**days)  # type: ignore[arg-type]


async def a_call_that_ended(store: Store, name: str, *, days_ago: float, number: str = NUMBER) -> None:
    at = NOW - round(days_ago * DAY_MS)
    call = replace(a_call(call_id=name, room=f"room-{name}", at=at - 1), caller_number=number)
    await store.open_call(call)
    await store.append_turn(call.id, CALLER, "words", started_at=at, ended_at=at)
    await store.end_call(call.id, CallEnd.GOODBYE, job=HOLDER, at=at)


async def left(store: Store, name: str) -> tuple[str, str]:
    call = await store.call(CallId(name))
    assert call is not None
    return (await store.turns(call.id))[0].text, call.caller_number


async def test_finding_3_words_and_numbers_go_after_their_days_and_not_before() -> None:
    store = MemoryStore()
    for days in (1, 8, 40):
        await a_call_that_ended(store, f"call-{days}", days_ago=days)
    kept = keeping(keep_days=7, keep_numbers_days=30)
    assert await purge(store, kept, CallSettings(), _Clock()) == 3
    assert [await left(store, f"call-{days}") for days in (1, 8, 40)] == [
        ("words", NUMBER),
        ("", NUMBER),
        ("", ""),
    ]
    assert await purge(store, kept, CallSettings(), _Clock()) == 0


async def test_finding_16_a_session_goes_when_no_setting_could_let_it_be_open() -> None:
    store = MemoryStore()
    for days in (29, 31):
        began = NOW - days * DAY_MS
        await store.begin_session(Session(f"id-{days}", f"hash-{days}", "aa", "Ann", began, began))
    assert await purge(store, keeping(), CallSettings(), _Clock()) == 1
    assert [one.id for one in await store.sessions(since=0)] == ["id-29"]


async def test_finding_11_where_numbers_are_hashed_the_room_goes_once_nobody_can_come_back() -> None:
    store = MemoryStore()
    number = hashed(NUMBER, "k" * 32)
    await a_call_that_ended(store, "call-now", days_ago=0, number=number)
    await a_call_that_ended(store, "call-past", days_ago=0.01, number=number)
    assert await purge(store, keeping(), CallSettings(), _Clock()) == 1
    rooms = [call.room for call in await store.calls()]
    assert sorted(rooms) == ["", "room-call-now"]


async def test_finding_3_the_doctor_says_what_is_overdue(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path / 'baton.db'}"
    monkeypatch.setenv("BATON_STORE", url)
    migrate(url)
    async with open_store(url) as store:
        await a_call_that_ended(store, "call-1", days_ago=30.5)
        assert "nothing is overdue" in await check_purge(Settings())
        await a_call_that_ended(store, "call-2", days_ago=31)
        with pytest.raises(BadInput, match="1 calls are kept longer than that"):
            await check_purge(Settings())
        await store.put_legal_hold(CallId("call-2"), by="anna", at=NOW)
        assert "1 calls are under legal hold" in await check_purge(Settings())


def test_finding_3_a_retention_shorter_than_a_call_is_refused() -> None:
    check_kept_for_a_call(keeping(keep_days=0.05), CallSettings())
    with pytest.raises(BadInput, match=r"BATON_KEEP_DAYS: 0.01 days is shorter than a call, .* set it to"):
        check_kept_for_a_call(keeping(keep_days=0.01), CallSettings())


def test_a_recording_is_not_kept_longer_than_the_words_in_it() -> None:
    check_kept_for_a_call(keeping(keep_days=10, keep_recordings_days=10), CallSettings())
    with pytest.raises(
        BadInput, match=r"RECORDINGS_DAYS: 11 days is longer than BATON_KEEP_DAYS \(10\).* 10 or"
    ):
        check_kept_for_a_call(keeping(keep_days=10, keep_recordings_days=11), CallSettings())


async def a_recorded_call(store: Store, folder: Path, name: str, *, days_ago: float) -> Path:
    """Store an ended call with a recording, and return its file, which is not empty."""
    at = NOW - round(days_ago * DAY_MS)
    await store.open_call(a_call(call_id=name, room=f"room-{name}", at=at - 2))
    await store.decide_recording(CallId(name), allowed=True, job=HOLDER, at=at - 1)
    await store.end_call(CallId(name), CallEnd.GOODBYE, job=HOLDER, at=at)
    path = segment_path(folder, name, "s1")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"sound")
    return path


async def test_recordings_go_after_their_own_days_unless_their_call_is_held(tmp_path: Path) -> None:
    store, settings = MemoryStore(), RecordingSettings.model_construct(folder=tmp_path)
    paths = {
        days: await a_recorded_call(store, tmp_path, f"call-{days}", days_ago=days) for days in (1, 8, 9)
    }
    await store.put_legal_hold(CallId("call-9"), by="anna", at=NOW)
    await purge_recordings(store, keeping(keep_recordings_days=7), settings, _Clock())
    assert [path.exists() for path in paths.values()] == [True, False, True]
    states = [await store.recording(CallId(f"call-{days}")) for days in paths]
    assert [one.state for one in states if one] == ["on", "gone", "on"]


async def test_recordings_that_cannot_be_removed_here_stay_due(tmp_path: Path) -> None:
    store = MemoryStore()
    path = await a_recorded_call(store, tmp_path, "call-8", days_ago=8)
    await purge_recordings(
        store, keeping(keep_recordings_days=7), RecordingSettings.model_construct(), _Clock()
    )
    assert path.exists()
    assert await store.recordings_due(before=NOW, limit=9) == ["call-8"]
