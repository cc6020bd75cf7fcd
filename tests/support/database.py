"""The file behind a store's address, for tests that lock it, spoil it or look into it."""

from __future__ import annotations

from pathlib import Path


def file_of(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


def url_of(path: Path) -> str:
    return f"sqlite:///{path}"
