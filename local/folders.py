"""Folders on this machine: made and checked before they are used, and how much of the disk they take."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from errors import BadInput

_MB = 1_000_000
_BLOCK = 512
"""What `st_blocks` counts, in bytes."""


def made_writable(folder: Path, where: str, otherwise: str) -> None:
    """Make the folder, and check that this user may write there. Raises: BadInput, with its whole path."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        possible = os.access(folder, os.W_OK | os.X_OK)
    except OSError:  # an unwritable parent, or a file in the way
        possible = False
    if not possible:
        wrong = f"this user may not write to {folder.absolute()}"
        raise BadInput(where, wrong, f"give the folder to this user (chown), or {otherwise}")


def size_mb(folders: Sequence[Path]) -> int:
    """What the folders take on disk together, in MB. A file with several names counts once."""
    seen: dict[tuple[int, int], int] = {}
    for folder in folders:
        for entry in _files_below(folder):
            status = entry.stat(follow_symlinks=False)
            seen[status.st_dev, status.st_ino] = status.st_blocks * _BLOCK
    return round(sum(seen.values()) / _MB)


def _files_below(folder: Path) -> Iterator[os.DirEntry[str]]:
    try:
        entries = list(os.scandir(folder))
    except OSError:  # not there, or not ours to read
        return
    for entry in entries:
        yield entry
        if entry.is_dir(follow_symlinks=False):
            yield from _files_below(Path(entry.path))
