"""Which livekit-server is taken, and what is said where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from errors import SetupFailed
from local.livekit.binary import livekit_binary, pinned_version, serves


@pytest.mark.parametrize(
    ("version", "does"),
    [
        ("livekit-server version 1.13.5", True),
        ("livekit-server version 1.13.6", True),
        ("livekit-server version 1.14.0", True),
        ("livekit-server version 1.13.4", False),
        ("livekit-server version 1.9.12", False),
        ("livekit-server version 2.0.0", False),
        ("command not understood", False),
        ("", False),
    ],
)
def test_the_pinned_version_serves_and_later_ones_of_its_kind(version: str, does: bool) -> None:
    assert serves(version, pinned="1.13.5") is does


def program(folder: Path, says: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / "livekit-server"
    path.write_text(f"#!/bin/sh\necho {says}\n")
    path.chmod(0o755)
    return path


async def test_one_on_the_path_that_is_too_old_is_left_alone_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = program(tmp_path / "bin", "livekit-server version 1.0.0")
    cached = tmp_path / "baton" / f"livekit-server-{pinned_version()}"
    cached.parent.mkdir()
    cached.touch()
    monkeypatch.setenv("PATH", f"{old.parent}:/usr/bin:/bin")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    told: list[str] = []
    assert await livekit_binary(told.append) == cached
    (line,) = told
    assert line.startswith(f"{old} is not livekit-server {pinned_version()}")


async def test_one_on_the_path_that_serves_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = program(tmp_path / "bin", f"livekit-server version {pinned_version()}")
    monkeypatch.setenv("PATH", f"{there.parent}:/usr/bin:/bin")
    assert await livekit_binary(pytest.fail) == there


async def test_where_there_is_no_go_it_is_said_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(SetupFailed, match=r"install Go 1\.26 or newer"):
        await livekit_binary(pytest.fail)


async def test_a_failed_build_tells_its_last_lines_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = tmp_path / "go"
    go.write_text("#!/bin/sh\necho 'go: cannot find module' >&2\nexit 1\n")
    go.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(SetupFailed, match=r"could not be built:\n  go: cannot find module"):
        await livekit_binary(lambda _: None)
    assert list((tmp_path / "baton").iterdir()) == []
