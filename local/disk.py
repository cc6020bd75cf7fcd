"""Measures how much disk space Baton takes, and where."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

_MB = 1_000_000
_BLOCK = 512
"""What `st_blocks` counts, in bytes."""


def on_disk(*folders: Path) -> str:
    """Describe the folders' sizes in one line. A file that is linked into several folders counts once."""
    seen: set[tuple[int, int]] = set()
    parts = [(_size_mb(folder, seen), _shown(folder)) for folder in folders if folder.is_dir()]
    told = ", ".join(f"{size} MB in {name}" for size, name in parts)
    return f"on disk: {sum(size for size, _ in parts)} MB ({told})"


def _size_mb(folder: Path, seen: set[tuple[int, int]]) -> int:
    """Sum the files that are not in `seen`, and add them to it: uv links its cache's files into .venv."""
    size = 0
    for entry in _files_below(folder):
        status = entry.stat(follow_symlinks=False)
        if (file := (status.st_dev, status.st_ino)) not in seen:
            seen.add(file)
            size += status.st_blocks * _BLOCK
    return round(size / _MB)


def _shown(folder: Path) -> str:
    """Return the path relative to the current folder or to the user's home, if possible."""
    for base, prefix in ((Path.cwd(), ""), (Path.home(), "~/")):
        if folder.absolute().is_relative_to(base):
            return prefix + str(folder.absolute().relative_to(base))
    return str(folder)


def _files_below(folder: Path) -> Iterator[os.DirEntry[str]]:
    try:
        entries = list(os.scandir(folder))
    except OSError:  # not there, or not ours to read
        return
    for entry in entries:
        yield entry
        if entry.is_dir(follow_symlinks=False):
            yield from _files_below(Path(entry.path))
