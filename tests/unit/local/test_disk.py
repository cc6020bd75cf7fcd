"""How much disk space Baton says that it takes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from local.disk import on_disk


def test_linked_files_count_once_and_folders_are_named_from_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    environment, cache = tmp_path / ".venv", tmp_path / "cache"
    (environment / "lib").mkdir(parents=True)
    cache.mkdir()
    (environment / "lib" / "package").write_bytes(b"x" * 3_000_000)
    os.link(environment / "lib" / "package", cache / "package")
    (cache / "index").write_bytes(b"x" * 2_000_000)
    told = on_disk(environment, cache, tmp_path / "missing")
    assert told == "on disk: 5 MB (3 MB in .venv, 2 MB in cache)"
