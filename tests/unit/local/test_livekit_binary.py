"""Which livekit-server is used, and how one is built if there is none."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from errors import BadInput, SetupFailed
from local.livekit.binary import livekit_binary, pinned_version, serves
from local.livekit.go import TOOLS


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


def fake_go(folder: Path, says: str, builds: str) -> Path:
    """A `go` that reports the version `says`, and runs the shell line `builds` for everything else."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "go"
    path.write_text(f'#!/bin/sh\n[ "$2" = GOVERSION ] && echo {says} && exit\n{builds}\n')
    path.chmod(0o755)
    return path


@pytest.fixture
def installs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Replace the download of Go's wheel; return the folders it was installed into."""
    asked: list[Path] = []

    async def install(toolchain: Path) -> None:
        asked.append(toolchain)
        builds = 'while [ "$1" != -o ]; do shift; done; echo server > "$2"'
        fake_go(toolchain / "go" / "bin", "go1.27.3", builds)

    monkeypatch.setattr("local.livekit.go._install", install)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "the cache"))
    return asked


@pytest.mark.parametrize("on_path", [None, "go1.22.1", "gibberish"])
async def test_without_a_new_enough_go_the_wheel_builds_and_only_the_server_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, installs: list[Path], on_path: str | None
) -> None:
    if on_path is not None:
        fake_go(tmp_path / "bin", on_path, "exit 9")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    told: list[str] = []
    built = await livekit_binary(told.append)
    assert built.read_text() == "server\n"
    assert list((tmp_path / "the cache" / "baton").iterdir()) == [built]
    assert installs == [built.with_name("building") / "toolchain"]
    assert told[0] == "Go 1.26 or newer is not on the PATH: installing it for this build (75 MB)"
    assert told[1].startswith(f"building livekit-server {pinned_version()} into {built.parent}, once")


async def test_a_new_enough_go_on_the_path_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, installs: list[Path]
) -> None:
    fills = 'mkdir -p "$GOCACHE" "$GOMODCACHE"; while [ "$1" != -o ]; do shift; done; echo theirs > "$2"'
    fake_go(tmp_path / "bin", "go1.26.0", fills)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    for name in ("GOCACHE", "GOMODCACHE"):
        monkeypatch.delenv(name, raising=False)
    built = await livekit_binary(lambda _: None)
    assert built.read_text() == "theirs\n"
    assert installs == []
    assert list(built.parent.iterdir()) == [built]


async def test_a_cache_that_may_not_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "baton").write_text("a file where the folder belongs")
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(BadInput) as refused:
        await livekit_binary(lambda _: None)
    assert str(refused.value) == (
        f"the cache: this user may not write to {tmp_path / 'baton'}; "
        "give the folder to this user (chown), or set XDG_CACHE_HOME to another"
    )


@pytest.mark.usefixtures("installs")
async def test_two_clones_that_build_at_once_build_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = f'while [ "$1" != -o ]; do shift; done; echo built >> "{tmp_path}/builds"; echo server > "$2"'
    fake_go(tmp_path / "bin", "go1.26.0", count)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    told: list[str] = []
    first, second = await asyncio.gather(livekit_binary(told.append), livekit_binary(told.append))
    assert first == second
    assert (tmp_path / "builds").read_text() == "built\n"
    assert "another build is running: livekit-server after it" in told


async def test_a_wheel_that_cannot_be_installed_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "scripts" / "install-tool"
    script.parent.mkdir()
    script.write_text("#!/bin/sh\nexit 1\n")
    script.chmod(0o755)
    monkeypatch.setattr("local.livekit.go.PROJECT", tmp_path)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(SetupFailed, match=r"or install Go 1\.26 or newer, or livekit-server, yourself"):
        await livekit_binary(lambda _: None)


@pytest.mark.parametrize("tool", ["go", "node", "uv"])
def test_every_tool_is_pinned_by_version_and_hash_without_an_address(tool: str) -> None:
    pinned = (TOOLS / f"{tool}.txt").read_text()
    wanted = (TOOLS / f"{tool}.in").read_text().strip()
    assert pinned.startswith(f"{wanted} \\\n    --hash=sha256:")
    assert "://" not in pinned


async def test_a_failed_build_tells_its_last_lines_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_go(tmp_path / "bin", "go1.26.0", "echo 'go: cannot find module' >&2; exit 1")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(SetupFailed, match=r"could not be built:\n  go: cannot find module"):
        await livekit_binary(lambda _: None)
    assert list((tmp_path / "baton").iterdir()) == []
