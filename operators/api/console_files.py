"""The console's files, read once at start. They hold no data; the pages fetch it later."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from operators.console_folder import CONSOLE, LIVEKIT_CLIENT

AUDIO = LIVEKIT_CLIENT.relative_to(CONSOLE).as_posix()
NO_AUDIO = "livekit-client is not installed: set-up gets it from npm, which needs Node.js"

_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
}
"""The types of files that are served; others, such as package.json, are not."""


@dataclass(frozen=True, slots=True)
class PageFile:
    content: bytes
    media_type: str
    tag: str  # as in If-None-Match


def read_pages(folder: Path = CONSOLE) -> Mapping[str, PageFile]:
    """Return all files by their path in the folder. Blocks."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix in _TYPES and path.is_file() and "node_modules" not in path.parts:
            found[path.relative_to(folder).as_posix()] = page_file(path.name, path.read_bytes())
    return found


def page_file(name: str, content: bytes) -> PageFile:
    """Return a file with its tag, and with the type that its name implies."""
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    return PageFile(content, _TYPES[Path(name).suffix], tag)
