"""Groq's prompt cache: a prompt that begins like an earlier one is served from it. Pure.

Source: console.groq.com/docs/prompt-caching. The cache needs an exact prefix, and is automatic for gpt-oss.
Cached tokens count towards no limit. The shortest prefix depends on the model (128 to 1,024 tokens). Groq
does not guarantee a hit; this cache hits whenever it can.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence

_LEAST_TOKENS = 128
_KEPT = 4_096


class PromptCache:
    """The beginnings of earlier prompts, by model and up to each message."""

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, None] = OrderedDict()

    def cached(self, model: str, parts: Sequence[tuple[str, int]]) -> int:
        """Return how many tokens of this prompt are cached. `parts`: texts, each with its token count."""
        tokens = 0
        for key, (_, count) in zip(_keys(model, parts), parts, strict=True):
            if key not in self._known:
                break
            tokens += count
        return tokens if tokens >= _LEAST_TOKENS else 0

    def keep(self, model: str, parts: Sequence[tuple[str, int]]) -> None:
        """Remember a prompt that was served."""
        for key in _keys(model, parts):
            self._known[key] = None
            self._known.move_to_end(key)
        while len(self._known) > _KEPT:
            self._known.popitem(last=False)


def _keys(model: str, parts: Iterable[tuple[str, int]]) -> Iterator[bytes]:
    digest = hashlib.sha256(model.encode())
    for text, _ in parts:
        digest.update(b"\0" + text.encode())
        yield digest.digest()
