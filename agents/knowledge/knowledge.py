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
"""Of the index: counted up when passages are cut or indexed otherwise, so that older files are not used."""
_KEPT_S = 86_400.0
"""How long the index of earlier documents is kept: longer than any call."""
_LIMIT_S = 5.0
"""Of a search: it takes milliseconds, but the first one after a change indexes the folder again."""


class Knowledge:
    """One folder's. Each object keeps to the documents as they are at its first search.

    `cache`: the folder for the index, which the worker makes when it starts. A process that finds the
    documents changed makes a new index; if they cannot be read then, it uses the last one.
    """

    def __init__(self, folder: Path, cache: Path) -> None:
        self._folder, self._cache = Folder(folder), cache

    async def search(self, question: str, *, limit: int = 3) -> Sequence[Found]:
        """The passages that fit best, the best first.

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
        """The index of the documents as they are now; of how they were, if they cannot be read now."""
        path = self._cache / f"{self._name}-{self._folder.state()}.db"
        if path.is_file():
            return path
        try:
            write_index(path, *self._cut())
        except BadInput as bad:
            if (last := max(self._kept(), key=_age, default=None)) is None:
                raise
            for mistake in bad.each:
                log.warning("documents cannot be used, and are as before", extra={"mistake": str(mistake)})
            return last
        self._remove_old(path)
        return path

    def _cut(self) -> tuple[Sequence[tuple[Passage, Searched]], str]:
        documents, synonyms = self._folder.read()
        passages = (passage for document in documents for passage in cut(document.name, document.text))
        return [(passage, _searched(passage)) for passage in passages], synonyms

    @property
    def _name(self) -> str:
        """How the names of this folder's indexes begin."""
        return f"{sha256(str(self._folder.path.resolve()).encode()).hexdigest()[:12]}-{_FORM}"

    def _kept(self) -> Iterator[Path]:
        return self._cache.glob(f"{self._name}-*.db")

    def _remove_old(self, new: Path) -> None:
        """Not those that a running call may still use."""
        with suppress(OSError):
            for path in self._kept():
                if _age(path) < _age(new) - _KEPT_S:
                    path.unlink(missing_ok=True)


def _age(path: Path) -> float:
    return path.stat().st_mtime


def _searched(passage: Passage) -> Searched:
    """The title of a document stands in each of its passages' headings, and so does its file's name."""
    *above, own = passage.heading.split(BETWEEN)
    name = re.sub(r"[-_/.]+", " ", passage.source.rpartition(".")[0])
    return Searched(*map(spaced, (own, " ".join([name, *above]), passage.text)))
