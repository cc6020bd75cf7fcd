"""The database is made and migrated once; a file that cannot be used is named, with what would help."""

from __future__ import annotations

import errno
import multiprocessing
import os
import re
import shutil
import sqlite3
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from errors import BadInput, OutOfReach, StoreUnusable
from persistence.people import EntryState, OfferOutcome, PresenceState
from persistence.records import CallBack, CallEnd, HandoffState, SummarySource
from persistence.sqlite import migrate as migrating
from persistence.sqlite import open_store
from persistence.sqlite.health import inspect
from persistence.sqlite.migrate import MIGRATIONS, VERSION, migrate, statements
from transfer.states import MOVES, TERMINAL

OPEN = set(HandoffState) - TERMINAL


def asked(path: Path, question: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(question).fetchall()


def changed(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(statement)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "baton.db"


@pytest.fixture
def made(path: Path) -> Path:
    migrate(path)
    return path


def test_migrations_are_numbered_without_a_gap() -> None:
    assert [int(migration.name[:3]) for migration in MIGRATIONS] == list(range(1, VERSION + 1))


def test_a_new_file_gets_the_tables_the_version_and_the_log(made: Path) -> None:
    tables = {row[0] for row in asked(made, "SELECT name FROM pragma_table_list WHERE strict")}
    assert {"calls", "turns", "handoffs", "attempts", "events", "workers", "moves"} <= tables
    assert asked(made, "PRAGMA user_version") == [(VERSION,)]
    assert asked(made, "PRAGMA journal_mode") == [("wal",)]


def test_migrating_again_changes_nothing(made: Path) -> None:
    before = asked(made, "SELECT * FROM sqlite_schema")
    migrate(made)
    assert asked(made, "SELECT * FROM sqlite_schema") == before


def test_an_empty_file_is_a_new_database(path: Path) -> None:
    path.touch()
    migrate(path)
    assert asked(path, "PRAGMA user_version") == [(VERSION,)]


def test_eight_processes_that_race_apply_each_migration_once(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.db" for number in range(10)]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(8, mp_context=context) as processes:
        for racing in [[processes.submit(migrate, path) for _ in range(8)] for path in paths]:
            for each in racing:
                each.result(timeout=600)
    for path in paths:
        assert asked(path, "PRAGMA user_version") == [(VERSION,)]
        assert asked(path, "SELECT count(*) FROM moves") == [(sum(map(len, MOVES.values())),)]


def test_a_later_migration_is_applied_to_what_is_there(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = tmp_path / "002_later.sql"
    later.write_text("CREATE TABLE later (id TEXT) STRICT;\n")
    monkeypatch.setattr(migrating, "MIGRATIONS", (*MIGRATIONS, later))
    monkeypatch.setattr(migrating, "VERSION", VERSION + 1)
    migrate(made)
    assert asked(made, "PRAGMA user_version") == [(VERSION + 1,)]
    assert asked(made, "SELECT count(*) FROM later") == [(0,)]


def test_a_migration_that_fails_leaves_the_database_as_it_was(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "002_broken.sql"
    broken.write_text("CREATE TABLE half (id TEXT) STRICT;\nCREATE TABLE half (id TEXT) STRICT;\n")
    monkeypatch.setattr(migrating, "MIGRATIONS", (*MIGRATIONS, broken))
    monkeypatch.setattr(migrating, "VERSION", VERSION + 1)
    with pytest.raises(BadInput, match="half already exists"):
        migrate(made)
    assert asked(made, "PRAGMA user_version") == [(VERSION,)]
    assert not asked(made, "SELECT 1 FROM sqlite_schema WHERE name = 'half'")


def test_statements_are_split_with_triggers_whole() -> None:
    trigger = "CREATE TRIGGER a AFTER INSERT ON b\nBEGIN\n    SELECT 1;\n    SELECT 2;\nEND;\n"
    assert statements(f"-- about; this\nSELECT 0;\n{trigger}") == ["-- about; this\nSELECT 0;\n", trigger, ""]


def a_folder(path: Path) -> None:
    path.mkdir()


def no_database(path: Path) -> None:
    path.write_bytes(b"these are words, not rows" * 100)


def a_short_file(path: Path) -> None:
    path.write_text("hello")


def a_newer_one(path: Path) -> None:
    migrate(path)
    changed(path, f"PRAGMA user_version = {VERSION + 1}")


def of_another_program(path: Path) -> None:
    changed(path, "CREATE TABLE theirs (id TEXT)")


def of_another_program_at_our_version(path: Path) -> None:
    of_another_program(path)
    changed(path, f"PRAGMA user_version = {VERSION}")


def an_empty_file(path: Path) -> None:
    path.touch()


def a_damaged_one(path: Path) -> None:
    migrate(path)
    with path.open("r+b") as file:
        file.seek(100)  # past the header, into the schema
        file.write(b"\xff" * 1000)


@pytest.mark.parametrize(
    ("prepare", "wrong"),
    [
        (a_folder, "is a folder; name a file in it, such as"),
        (no_database, "is not an SQLite database; name a new file"),
        (a_short_file, "is not an SQLite database; name a new file"),
        (a_newer_one, rf"a newer Baton \(version {VERSION + 1}, this program knows {VERSION}\); use"),
        (of_another_program, "belongs to another program; name a new file"),
        (a_damaged_one, "is damaged; bring a copy back, or move it away"),
    ],
)
def test_a_file_that_cannot_serve_is_named_with_what_would(
    path: Path, prepare: Callable[[Path], None], wrong: str
) -> None:
    prepare(path)
    with pytest.raises(BadInput, match=rf"^BATON_STORE: {re.escape(str(path))} .*{wrong}"):
        migrate(path)


@pytest.mark.parametrize(
    ("place", "kind", "wrong"),
    [
        ("/proc/baton.db", BadInput, "/proc/baton.db is not writable; name a file that this user may write"),
        ("/nowhere/baton.db", OutOfReach, "the folder /nowhere does not exist; make it, or name"),
    ],
)
def test_a_place_that_cannot_be_written_is_named(place: str, kind: type[BadInput], wrong: str) -> None:
    with pytest.raises(BadInput, match=f"^BATON_STORE: {wrong}") as refused:
        migrate(Path(place))
    assert type(refused.value) is kind


@pytest.mark.parametrize(
    ("number", "kind", "wrong"),
    [
        (errno.ENOSPC, OutOfReach, "has no room: its disk is full"),
        (errno.EIO, OutOfReach, "does not answer (Input/output error)"),
        (errno.EACCES, BadInput, "is not writable"),
    ],
)
def test_disk_that_may_answer_later_is_out_of_reach(
    path: Path, monkeypatch: pytest.MonkeyPatch, number: int, kind: type[BadInput], wrong: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, "open", fail)
    with pytest.raises(BadInput, match=re.escape(wrong)) as refused:
        migrate(path)
    assert type(refused.value) is kind


def test_disk_that_is_mounted_read_only_is_out_of_reach(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mounted = os.statvfs(path.parent)
    fields = list(mounted)
    fields[8] |= os.ST_RDONLY
    monkeypatch.setattr(os, "access", lambda *_: False)
    monkeypatch.setattr(os, "statvfs", lambda _: os.statvfs_result(fields))
    with pytest.raises(OutOfReach, match="is read-only; mount it for writing"):
        migrate(path)


def test_a_file_that_another_program_keeps_locked_is_named(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrating, "LOCK_WAIT_S", 0.01)
    with closing(sqlite3.connect(made, isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        with pytest.raises(OutOfReach, match="is locked by another program; close that program"):
            migrate(made)


@pytest.mark.parametrize("opened", [open_store, partial(open_store, read_only=True)])
@pytest.mark.parametrize(
    ("prepare", "wrong"),
    [
        (a_folder, "is a folder: name a file in it, such as .*/baton.db"),
        (lambda path: None, "there is no database at"),
        (no_database, "file is not a database"),
        (a_newer_one, "written by a newer Baton"),
        (of_another_program, "belongs to another program: name a database of Baton's"),
        (of_another_program_at_our_version, "belongs to another program: name a database of Baton's"),
        (an_empty_file, f"at version 0, this program needs {VERSION}: start the worker"),
    ],
)
async def test_a_store_that_is_not_at_this_version_is_not_opened(
    path: Path, opened: type, prepare: Callable[[Path], None], wrong: str
) -> None:
    prepare(path)
    with pytest.raises(StoreUnusable, match=wrong):
        async with opened(path):
            pass


async def test_a_name_that_no_disk_takes_is_named(tmp_path: Path) -> None:
    path = tmp_path / ("b" * 300)
    with pytest.raises(BadInput, match=r"^BATON_STORE: .* is not writable; name a file"):
        migrate(path)
    with pytest.raises(BadInput, match=r"^BATON_STORE: .* is not writable; name a file"):
        inspect(path)
    with pytest.raises(StoreUnusable, match=r"cannot be reached \(File name too long\): name another file"):
        async with open_store(path):
            pass


async def test_opening_never_makes_a_file(path: Path) -> None:
    with pytest.raises(StoreUnusable):
        async with open_store(path):
            pass
    assert not list(path.parent.iterdir())


def test_a_database_can_be_moved_with_its_log(made: Path, tmp_path: Path) -> None:
    folder = tmp_path / "a folder? with #1 odd name%20"
    folder.mkdir()
    shutil.move(made, folder / "baton.db")
    migrate(folder / "baton.db")


def test_the_databases_moves_are_those_of_the_program(made: Path) -> None:
    ours = {(here, there) for here, reached in MOVES.items() for there in reached}
    assert set(asked(made, "SELECT moved_from, moved_to FROM moves")) == ours


def words(made: Path, table: str, column: str) -> set[str]:
    """Return the words that a column's CHECK allows."""
    ((text,),) = asked(made, f"SELECT sql FROM sqlite_schema WHERE name = '{table}'")
    found = re.search(rf"\(\s*{column} IN \(([^)]*)\)", str(text))
    assert found is not None
    return set(re.findall(r"'(\w+)'", found.group(1)))


def test_the_databases_words_are_those_of_the_program(made: Path) -> None:
    assert words(made, "handoffs", "state") == set(HandoffState)
    assert words(made, "handoffs", "last_outcome") == TERMINAL
    assert words(made, "attempts", "outcome") == TERMINAL
    assert words(made, "calls", "ended_how") == set(CallEnd)
    assert words(made, "handoffs", "summary_source") == set(SummarySource)
    assert words(made, "calls", "call_back") == set(CallBack)


def test_the_databases_open_states_are_those_of_the_program(made: Path) -> None:
    mention = "SELECT sql FROM sqlite_schema WHERE sql LIKE '%WHERE%state IN%'"
    texts = asked(made, f"{mention} AND (sql LIKE '% ON handoffs %' OR sql LIKE '%UPDATE handoffs%')")
    assert len(texts) == 2  # the index of open handoffs, and the end of a call
    for text in texts:
        (listed,) = re.findall(r"state IN \(([^)]*)\)", str(text))
        assert set(re.findall(r"'(\w+)'", listed)) == OPEN


def test_the_words_of_people_and_their_queue_are_those_of_the_program(made: Path) -> None:
    assert words(made, "presence", "state") == set(PresenceState)
    assert words(made, "queue", "state") == set(EntryState)
    assert words(made, "offers", "outcome") == set(OfferOutcome)


def test_a_new_database_is_its_users_alone(path: Path) -> None:
    before = os.umask(0)
    try:
        migrate(path)
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA user_version").fetchone()
            modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.glob(f"{path.name}*")}
    finally:
        os.umask(before)
    assert f"{path.name}-wal" in modes
    assert set(modes.values()) == {0o600}
