"""The folder of documents that a role's file names. Blocks: call it in a thread."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

from agents.knowledge.folder import Folder
from agents.roster.markdown_file import RosterFile
from errors import BadInput

_PLACE = ("knowledge",)


def check_documents(file: RosterFile, named: str) -> None:
    """Raises: BadInput, if `named` is no folder inside the roster's, or with every mistake in the files."""
    roster = file.path.parent
    folder = roster / named
    try:
        inside = folder.resolve().is_relative_to(roster.resolve()) and folder.resolve() != roster.resolve()
        there = folder.is_dir()
    except (OSError, RuntimeError, ValueError) as error:  # OSError: too long; ValueError: a zero byte
        why = error.strerror if isinstance(error, OSError) else error
        wrong = f"knowledge names {named[:80]!r}, which cannot be followed ({why})"
        raise file.bad(_PLACE, wrong, "name a folder, not a circular link") from error
    if not inside:
        right = f"put the documents into a folder of {roster}, and write its name, such as answers"
        raise file.bad(_PLACE, f"knowledge names {named!r}, which is no folder inside the roster's", right)
    if not there:
        raise file.bad(_PLACE, f"knowledge names {named!r}, and there is no such folder", _right(folder))
    try:
        Folder(folder).read()
    except BadInput as bad:
        if bad.where != str(folder):
            raise
        raise file.bad(_PLACE, f"knowledge names {named!r}, which {bad.wrong}", bad.right) from bad


def _right(folder: Path) -> str:
    beside = (
        [path.name for path in folder.parent.iterdir() if path.is_dir()] if folder.parent.is_dir() else []
    )
    near = get_close_matches(folder.name, beside, n=1)
    return f"write {near[0]}" if near else f"make it, or write the name of a folder in {folder.parent}"
