"""The check of who may read Baton's files: only this user should."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from errors import BadInput, Mistakes
from persistence.engines import files_of
from private_files import is_open_to_others
from settings import Settings, env_file


async def check_files(settings: Settings) -> str:
    """Look at .env, the database with its log, lines, recordings, and keys. Raises: BadInput."""
    mistakes, looked_at = Mistakes(), 0
    for path in _files(settings):
        looked_at += path.exists()
        if is_open_to_others(path):
            mode = path.stat().st_mode & 0o777
            mistakes.add(BadInput(str(path), f"other users may read it ({mode:o})", f"chmod go-rwx {path}"))
    mistakes.tell()
    return f"{looked_at} files and folders are this user's alone"


def _files(settings: Settings) -> Iterator[Path]:
    if (written := env_file()) is not None:
        yield written
    yield from files_of(settings.worker.store)
    yield settings.worker.lines_folder
    yield from filter(None, (settings.recording.folder, settings.recording.key_file))
    if (key := settings.console.certificate_key) is not None:
        yield key
