"""Makes and checks a folder that must accept files, before anything starts."""

from __future__ import annotations

import os
from pathlib import Path

from errors import BadInput


def made_writable(folder: Path, where: str, otherwise: str) -> None:
    """Make the folder, and check that this user may write there. Raises: BadInput, with its whole path."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        possible = os.access(folder, os.W_OK | os.X_OK)
    except OSError:  # an unwritable parent, or a file in the way
        possible = False
    if not possible:
        wrong = f"this user may not write to {folder.absolute()}"
        raise BadInput(where, wrong, f"give the folder to this user (chown), or {otherwise}")
