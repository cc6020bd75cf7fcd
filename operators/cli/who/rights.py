"""Parses and prints rights for the command line."""

from __future__ import annotations

import typer

from persistence.access import Right, Rights

_KNOWN = ", ".join(Right)


def rights_of(typed: str) -> Rights:
    """Parse rights that are joined by commas. Raises: typer.BadParameter."""
    words = typed.replace(",", " ").split()
    unknown = [word for word in words if word not in set(Right)]
    if unknown:
        raise typer.BadParameter(f"--rights {unknown[0]}: there is no such right; there are {_KNOWN}")
    if not words:
        raise typer.BadParameter(f"--rights should name at least one of {_KNOWN}")
    return frozenset(Right(word) for word in words)


def written(rights: Rights) -> str:
    return ",".join(right for right in Right if right in rights)
