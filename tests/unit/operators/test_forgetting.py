"""A caller's export holds everything; once they are forgotten, a byte search of the store finds nothing."""

from __future__ import annotations

import io
import json
import sqlite3
import zipfile
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from operators.act_refused import AlreadyRemoved, NoLegalHold, OnLegalHold, SeveralCallers, UnknownCall
from operators.acts import end_legal_hold, forget, put_legal_hold
from operators.person.archive import archive
from operators.person.find import calls_of
from operators.person.record import record_of
from persistence.contract.store import Store
from persistence.engines import open_store
from persistence.messages import Message, MessageId
from persistence.numbers import digits_of, hashed
from persistence.records import CALLER, Call, CallEnd, CallId
from settings import RecordingSettings
from tests.contract.building import BILLING, HOLDER, START, a_call
from tests.support.database import make_database

NUMBER, KEY = "+49 170 1234567", "k" * 32
NOT_RECORDED = RecordingSettings.model_construct()
TRACES = ("491701234567", "170 1234567", "the red parrot bites", "sip_+49170")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    make_database(tmp_path / "baton.db")
    return tmp_path / "baton.db"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[Store]:
    async with open_store(f"sqlite:///{path}") as opened:
        yield opened


async def a_past_call(store: Store, name: str, number: str, words: str, *, is_over: bool = True) -> Call:
    caller = f"sip_{number.replace(' ', '')}"
    room = f"room-{caller}-{name}"
    call = replace(a_call(call_id=name, room=room), caller=caller, caller_number=number)
    await store.open_call(call)
    for turn in range(20):
        await store.append_turn(call.id, CALLER, f"{words} {turn}", started_at=turn, ended_at=turn)
    left = Message(
        MessageId(f"message of {name}"), call.id, BILLING, call.holder_role, words, "", number, START
    )
    await store.leave_message(left, job=HOLDER, at_most=1)
    if is_over:
        await store.end_call(call.id, CallEnd.GOODBYE, job=HOLDER, at=START)
    return call


async def forgotten(store: Store, path: Path, who: str) -> tuple[int, str]:
    done = await forget(
        store, f"sqlite:///{path}", who, recording=NOT_RECORDED, number_key=KEY, by="anna", at=START
    )
    return done.forgotten, done.remains


def found_in_files(path: Path) -> list[tuple[str, str]]:
    files = [file for file in path.parent.iterdir() if file.is_file()]
    return [(file.name, trace) for file in files for trace in TRACES if trace.encode() in file.read_bytes()]


async def test_finding_3_the_export_holds_all_and_after_forgetting_no_byte_is_found(
    store: Store, path: Path
) -> None:
    for number in range(40):
        await a_past_call(store, f"call-a{number}", f"+49 30 {number + 100000}", "I would like to know more")
        if number % 10 == 0:
            await a_past_call(store, f"call-b{number}", NUMBER, "the red parrot bites me all day long")
    calls = await calls_of(store, "0049170/1234567", number_key=None)
    assert len(calls) == 4
    content = archive(NUMBER, [await record_of(store, call) for call in calls], {}, at=START)
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        names = file.namelist()
        page, turns = file.read("index.html").decode(), file.read("turns.csv").decode()
        messages = file.read("messages.csv").decode()
        whole = json.loads(file.read("calls/call-b0.json"))
    assert page.count("the red parrot bites") == turns.count("the red parrot bites") == 80
    assert messages.count("the red parrot bites") == 4
    assert len(whole["turns"]) == 20
    assert "calls.csv" in names
    assert found_in_files(path)

    assert await forgotten(store, path, NUMBER) == (4, "")
    assert not found_in_files(path)
    assert len(await store.calls(limit=200)) == 44
    assert len(await store.turns(CallId("call-b0"))) == 20
    assert not await calls_of(store, NUMBER, number_key=None)
    assert await forgotten(store, path, NUMBER) == (0, "")


async def test_finding_3_what_an_earlier_version_left_in_the_file_is_found_and_goes(path: Path) -> None:
    words = "the red parrot bites me all day long"
    with closing(sqlite3.connect(path)) as earlier:
        earlier.execute("PRAGMA secure_delete = OFF")
        earlier.execute("CREATE TABLE gone (words TEXT)")
        earlier.executemany("INSERT INTO gone VALUES (?)", [(f"{words} 0",)] * 500)
        earlier.execute("DROP TABLE gone")
        earlier.commit()
    async with open_store(f"sqlite:///{path}") as store:
        await a_past_call(store, "call-1", NUMBER, words)
        assert await forgotten(store, path, NUMBER) == (1, "")
        assert not found_in_files(path)


async def test_finding_3_open_calls_and_those_under_legal_hold_stay_and_are_named(
    store: Store, path: Path
) -> None:
    await a_past_call(store, "call-open", NUMBER, "words", is_over=False)
    held = await a_past_call(store, "call-held", NUMBER, "words")
    await put_legal_hold(store, held.id, by="anna", at=START)
    done = await forget(
        store, f"sqlite:///{path}", NUMBER, recording=NOT_RECORDED, number_key=None, by="anna", at=START
    )
    assert (done.forgotten, done.open, done.on_legal_hold) == (0, ["call-open"], ["call-held"])
    assert not done.is_whole


async def test_finding_3_an_identity_is_taken_for_a_number_and_only_whole(store: Store) -> None:
    await a_past_call(store, "call-1", NUMBER, "words")
    assert len(await calls_of(store, "sip_+491701234567", number_key=None)) == 1
    assert not await calls_of(store, "sip_+49170123456", number_key=None)
    assert not await calls_of(store, "", number_key=None)


@pytest.mark.parametrize("told", ["anonymous", "266696687", "2f183a4e64493af3"])
async def test_the_identity_of_all_who_hide_their_number_finds_nobody(store: Store, told: str) -> None:
    """The last identity is what a rule that hides numbers makes of "anonymous"."""
    await a_past_call(store, "call-1", told, "words")
    with pytest.raises(SeveralCallers, match="all callers who hide their number"):
        await calls_of(store, f"sip_{told}", number_key=None)


async def test_finding_3_a_number_without_its_country_code_is_taken_only_if_it_is_one_callers(
    store: Store,
) -> None:
    await a_past_call(store, "call-1", NUMBER, "words")
    assert len(await calls_of(store, "0170 1234567", number_key=None)) == 1
    await a_past_call(store, "call-2", "+43 170 1234567", "words")
    with pytest.raises(SeveralCallers, match=r"\+43 170 1234567, \+49 170 1234567"):
        await calls_of(store, "0170 1234567", number_key=None)
    assert len(await calls_of(store, NUMBER, number_key=None)) == 1


async def test_finding_11_a_caller_whose_number_is_hashed_is_found_by_the_number(store: Store) -> None:
    call = replace(a_call(), caller_number=hashed(NUMBER, KEY))
    await store.open_call(call)
    assert [found.id for found in await calls_of(store, "0049 170 1234567", number_key=KEY)] == [call.id]
    assert not await calls_of(store, NUMBER, number_key=None)


def test_finding_11_a_hash_has_a_readable_ending_and_nothing_else_of_the_number() -> None:
    kept = hashed(NUMBER, KEY)
    assert kept == hashed("0049/170-1234567", KEY) != hashed(NUMBER, "l" * 32)
    assert kept.startswith("#")
    assert kept.endswith("-567")
    assert digits_of(NUMBER)[:-3] not in kept
    assert hashed("", KEY) == ""


async def test_finding_3_a_legal_hold_is_refused_with_the_reason(store: Store, path: Path) -> None:
    call = await a_past_call(store, "call-1", NUMBER, "words")
    with pytest.raises(UnknownCall):
        await put_legal_hold(store, CallId("nobody"), by="anna", at=START)
    with pytest.raises(NoLegalHold):
        await end_legal_hold(store, call.id, by="anna", at=START)
    await put_legal_hold(store, call.id, by="anna", at=START)
    with pytest.raises(OnLegalHold, match="anna"):
        await put_legal_hold(store, call.id, by="bert", at=START)
    await end_legal_hold(store, call.id, by="anna", at=START)
    await forgotten(store, path, NUMBER)
    with pytest.raises(AlreadyRemoved):
        await put_legal_hold(store, call.id, by="anna", at=START)
