"""Files with people's words or secrets belong to one user alone; the doctor names those that do not."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from errors import BadInput
from operators.doctor.files import check_files
from persistence.sqlite import open_store
from persistence.sqlite.migrate import files_of, migrate
from settings import Settings
from tests.contract.building import a_call
from tests.support.environment import environment_restored

PROJECT = Path(__file__).parents[3]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def test_finding_4_a_database_that_others_could_read_is_closed_to_them_with_its_log(
    tmp_path: Path,
) -> None:
    path = tmp_path / "baton.db"
    path.touch(0o644)
    path.chmod(0o644)
    migrate(path)
    async with open_store(path) as store:
        await store.open_call(a_call())
        modes = {file.name: oct(mode(file)) for file in files_of(path)}
    assert modes == {"baton.db": "0o600", "baton.db-wal": "0o600", "baton.db-shm": "0o600"}


def test_finding_4_what_a_command_makes_is_its_users_alone(tmp_path: Path) -> None:
    code = (
        "import os; from private_files import write_for_us_alone; write_for_us_alone();"
        "os.mkdir('made'); open('made/file', 'w').close()"
    )
    env = {**os.environ, "PYTHONPATH": str(PROJECT)}
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=env, check=True)
    assert (mode(tmp_path / "made"), mode(tmp_path / "made" / "file")) == (0o700, 0o600)


async def test_finding_4_the_doctor_names_each_file_that_others_may_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path, lines, written = tmp_path / "baton.db", tmp_path / "lines", tmp_path / "settings.env"
    migrate(path)
    lines.mkdir(0o700)
    written.write_text(f"BATON_STORE=sqlite:///{path}\nBATON_LINES_FOLDER={lines}\n", encoding="utf-8")
    written.chmod(0o600)
    for name in [name for name in os.environ if name.startswith("BATON_")]:
        monkeypatch.delenv(name)
    with environment_restored():
        os.environ["BATON_ENV_FILE"] = str(written)
        settings = Settings()
        assert await check_files(settings) == "3 files and folders are this user's alone"
        for file in (path, written):
            file.chmod(0o644)
        lines.chmod(0o755)
        with pytest.raises(BadInput) as refused:
            await check_files(settings)
    assert {one.where: one.right for one in refused.value.each} == {
        str(file): f"chmod go-rwx {file}" for file in (path, lines, written)
    }


async def test_the_doctor_names_a_file_that_this_user_cannot_look_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATON_LINES_FOLDER", "l" * 300)
    with pytest.raises(
        BadInput, match=r"l: cannot be looked at \(File name too long\); run this as the worker"
    ):
        await check_files(Settings())
