"""A small disk for the store: a real file system in a file, which can be filled or made read-only.

Mounting needs a right that root has. Without it these tests fail, so CI does not pass without it.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import RawIOBase
from pathlib import Path

_SIZE = "8M"


@dataclass(frozen=True, slots=True)
class SmallDisk:
    """A disk that is mounted at `path`."""

    path: Path

    @contextmanager
    def full(self) -> Iterator[None]:
        """Fills the disk completely while the `with` block lasts."""
        filler = self.path / "filler"
        try:
            with filler.open("wb", buffering=0) as file:
                for size in (65_536, 4_096, 512):
                    _write_all_that_fits(file, size)
            yield
        finally:
            filler.unlink()

    @contextmanager
    def read_only(self, database: str) -> Iterator[None]:
        """Makes the kernel refuse every write to the database and its log, also through files that are open.

        The index stays writable: SQLite maps it into memory, and the kernel would kill a process that writes
        there.
        """
        files = [str(self.path / name) for name in (database, f"{database}-wal")]
        _run("chattr", "+i", *files)
        try:
            yield
        finally:
            _run("chattr", "-i", *files)


@contextmanager
def small_disk(folder: Path) -> Iterator[SmallDisk]:
    """Mounts a disk until the block ends. Raises: CalledProcessError if mounting is not allowed."""
    image, at = folder / "disk.img", folder / "disk"
    at.mkdir()
    _run("truncate", "-s", _SIZE, str(image))
    _run("mkfs.ext4", "-q", "-F", "-m", "0", str(image))
    _run("mount", "-o", "loop", str(image), str(at))
    try:
        yield SmallDisk(at)
    finally:
        _run("umount", "--lazy", str(at))


def _write_all_that_fits(file: RawIOBase, size: int) -> None:
    try:
        while True:
            file.write(bytes(size))
    except OSError:
        return


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True)
