"""Checks that only this user may read Baton's files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from errors import BadInput, Mistakes
from persistence.engines import files_of
from private_files import is_open_to_others
from recordings.keys import read_keys
from settings import Settings, env_file


async def check_files(settings: Settings) -> str:
    """Check .env, the database with its log, lines, recordings, and keys. Raises: BadInput.

    The check also reads the recordings' keys: without them, a worker does not start.
    """
    mistakes, looked_at = Mistakes(), 0
    for path in _files(settings):
        try:
            looked_at += path.exists()
            if is_open_to_others(path):
                wrong = f"other users may read it ({path.stat().st_mode & 0o777:o})"
                mistakes.add(BadInput(str(path), wrong, f"chmod go-rwx {path}"))
        except OSError as error:
            wrong = f"cannot be looked at ({error.strerror})"
            mistakes.add(BadInput(str(path), wrong, "run this as the worker's user"))
    if (key_file := settings.recording.key_file) is not None:
        with mistakes.collecting():
            read_keys(key_file)
    mistakes.tell()
    return f"{looked_at} files and folders are this user's alone"


def _files(settings: Settings) -> Iterator[Path]:
    if (written := env_file()) is not None:
        yield written
    yield from files_of(settings.worker.store)
    yield settings.worker.lines_folder
    if (recordings := settings.recording.folder) is not None:
        yield recordings
    if (key := settings.console.certificate_key) is not None:
        yield key
