"""Where recordings are: a folder per call, with a file per segment. No name says who called."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from errors import BadInput

SETTING = "BATON_RECORDING_FOLDER"
BYTES_PER_CALL = 60_000_000
"""An hour's call is 45 MB: three tracks at 24 kbit/s, and a third more because encryption writes letters."""


def segment_path(folder: Path, call: str, segment: str) -> Path:
    return folder / call / f"{segment}.ogg.fernet"


def check_room(folder: Path, calls: int) -> None:
    """Whether the calls that a worker takes at once fit, at an hour each. Raises: BadInput."""
    free, needed = shutil.disk_usage(folder).free, calls * BYTES_PER_CALL
    if free < needed:
        has, need = f"{free / 1e6:.0f} MB", f"{needed / 1e6:.0f} MB"
        wrong = f"{folder.absolute()} has room for {has}, and {calls} calls of an hour need {need}"
        raise BadInput(SETTING, wrong, "make room, name another folder, or lower BATON_CALLS_AT_ONCE")


def remove_call(folder: Path, call: str) -> None:
    """Remove a call's sound; nothing, where there is none. Raises: OSError."""
    try:
        shutil.rmtree(folder / call)
    except FileNotFoundError:
        return


def files_of(folder: Path, call: str) -> Sequence[Path]:
    return sorted((folder / call).glob("*.ogg.fernet"))
