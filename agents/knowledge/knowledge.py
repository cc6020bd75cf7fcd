"""The index of a folder of documents, made once and shared by all processes, and searches in it."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from agents.knowledge.cut import BETWEEN, cut
from agents.knowledge.folder import Folder
from agents.knowledge.ranking import Found, best_passages
from agents.knowledge.synonyms import synonyms_with
from agents.knowledge.words import spaced
from errors import BadInput
from persistence.passages import Passage, Searched, open_index, write_index

log = logging.getLogger(__name__)

SEARCH = "search_knowledge"
"""The name of the tool with which a role's model searches (`agents/knowledge/tool.py`)."""
_FORM = 1
"""Version of the index: increase it when passages are cut or indexed differently, to drop older files."""
_KEPT_S = 86_400.0
"""How long the index of earlier documents is kept: longer than any call."""
_LIMIT_S = 5.0
"""Timeout of a search: it takes milliseconds, but the first one after a change indexes the folder again."""


class Knowledge:
    """The knowledge in one folder. Each object keeps to the documents as they are at its first search.

    `cache`: the folder for the index. The worker makes the index when it starts. A process that finds the
    documents changed makes a new index; if it cannot read them, it uses the last index.
    """

    def __init__(self, folder: Path, cache: Path) -> None:
        self._folder, self._cache = Folder(folder), cache

    async def search(self, question: str, *, limit: int = 3) -> Sequence[Found]:
        """Return the passages that fit best, the best first.

        Raises: BadInput or StoreUnusable (neither documents nor an earlier index can be read), TimeoutError.
        """
        async with asyncio.timeout(_LIMIT_S):
            return await asyncio.to_thread(self.search_now, question, limit=limit)

    def search_now(self, question: str, *, limit: int = 3) -> Sequence[Found]:
        """As `search`, without its time limit. Blocks."""
        with open_index(self._path) as index:
            return best_passages(index, question, synonyms_with(index.synonyms), limit=limit)

    def prepare(self) -> None:
        """Make the index, if it is not there. Blocks. Raises: StoreUnusable, BadInput."""
        _ = self._path

    @cached_property
    def _path(self) -> Path:
        """The index of the documents as they are now, or the last index if they cannot be read."""
        path = self._cache / f"{self._name}-{self._folder.state()}.db"
        if path.is_file():
            return path
        try:
            write_index(path, *self._cut())
        except BadInput as bad:
            if (last := max(self._kept(), key=_age, default=None)) is None:
                raise
            for mistake in bad.each:
                log.warning(
                    "changed documents cannot be used; the last index stays in use",
                    extra={"mistake": str(mistake)},
                )
            return last
        self._remove_old(path)
        return path

    def _cut(self) -> tuple[Sequence[tuple[Passage, Searched]], str]:
        documents, synonyms = self._folder.read()
        passages = (passage for document in documents for passage in cut(document.name, document.text))
        return [(passage, _searched(passage)) for passage in passages], synonyms

    @property
    def _name(self) -> str:
        """The beginning of the names of this folder's indexes."""
        return f"{sha256(str(self._folder.path.resolve()).encode()).hexdigest()[:12]}-{_FORM}"

    def _kept(self) -> Iterator[Path]:
        return self._cache.glob(f"{self._name}-*.db")

    def _remove_old(self, new: Path) -> None:
        """Remove old indexes, except those that a running call may still use."""
        with suppress(OSError):
            for path in self._kept():
                if _age(path) < _age(new) - _KEPT_S:
                    path.unlink(missing_ok=True)


def _age(path: Path) -> float:
    return path.stat().st_mtime


def _searched(passage: Passage) -> Searched:
    """Return what a search looks at. Each passage also has its document's file name and title."""
    *above, own = passage.heading.split(BETWEEN)
    name = re.sub(r"[-_/.]+", " ", passage.source.rpartition(".")[0])
    return Searched(*map(spaced, (own, " ".join([name, *above]), passage.text)))
