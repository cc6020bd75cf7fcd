"""What a database engine offers: it makes databases, checks them and opens them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol

from persistence.contract.store import Store

NowMs = Callable[[], int]
"""A clock: milliseconds since 1970, UTC."""


class Engine(Protocol):
    """`place` is what follows the scheme in a store's address; `sqlite:///baton.db` has `baton.db`."""

    def open_store(
        self, place: str, *, read_only: bool, patient: bool, now_ms: NowMs | None
    ) -> AbstractAsyncContextManager[Store]: ...

    def where(self, place: str) -> str: ...

    def migrate(self, place: str) -> None: ...

    def inspect(self, place: str) -> str: ...

    def check_writable(self, place: str, *, wait_s: float) -> None: ...

    def erase_traces(self, place: str, traces: Sequence[str]) -> str: ...

    def files_of(self, place: str) -> Sequence[Path]: ...
