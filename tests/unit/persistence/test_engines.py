"""The address of a store: which engine it picks, and the error if it picks none."""

from __future__ import annotations

from pathlib import Path

import pytest

from errors import BadInput, StoreError
from persistence.engines import check_writable, inspect, migrate, open_store
from tests.contract.building import a_call


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("baton.db", "BATON_STORE: 'baton.db' is not a store's address; write sqlite:///baton.db"),
        ("/var/a.db", "BATON_STORE: '/var/a.db' is not a store's address; write sqlite:////var/a.db"),
        ("sqlite:a.db", "BATON_STORE: 'sqlite:a.db' is not a store's address; write sqlite:///a.db"),
        ("sqlite://a.db", "BATON_STORE: 'sqlite://a.db' names no file; write sqlite:///a.db"),
        ("sqlite:///", "BATON_STORE: 'sqlite:///' names no file; write sqlite:///baton.db"),
        (
            "mysql://me:secret@host/db",
            "BATON_STORE: Baton has no store for 'mysql'; "
            "write sqlite:///baton.db, or postgresql://USER:PASSWORD@HOST/DATABASE",
        ),
        (
            "postgresql:me:secret@host/db",
            "BATON_STORE: this is not a store's address; write postgresql://USER:PASSWORD@HOST/DATABASE",
        ),
    ],
)
def test_what_is_no_address_of_a_store_is_refused_with_what_to_write(url: str, said: str) -> None:
    for use in (migrate, inspect, open_store):
        with pytest.raises(BadInput) as refused:
            use(url)
        assert str(refused.value) == said


@pytest.mark.parametrize("name", ["baton.db", "with blanks & 50%?.db"])
async def test_address_leads_to_the_file_in_this_folder_or_by_its_absolute_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    migrate(f"sqlite:///{name}")
    async with open_store(f"sqlite:///{name}") as here, open_store(f"sqlite:///{tmp_path / name}") as there:
        assert await there.open_call(await here.open_call(a_call())) == a_call()
    assert (tmp_path / name).is_file()


async def test_store_that_was_opened_for_reading_writes_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'baton.db'}"
    migrate(url)
    async with open_store(url, read_only=True) as store:
        with pytest.raises(StoreError, match="readonly"):
            await store.open_call(a_call())
        assert await store.calls() == []


def test_health_of_a_store_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "baton.db"
    url = f"sqlite:///{path}"
    assert inspect(url) == f"{path} is not there yet; the worker makes it"
    migrate(url)
    assert inspect(url).startswith(f"{path} is writable, version ")
    check_writable(url, wait_s=0.1)
