"""Reads the configured store, and completes abbreviated ids."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from errors import BatonError
from operators.cli.store_place import say_store
from persistence.contract.store import Store
from persistence.engines import open_store, where
from settings import Settings

T = TypeVar("T")
_SHOWN = 5


def asked(
    question: Callable[[Store], Awaitable[T]], *, read_only: bool = True, quiet: bool = False
) -> T:
    """Open the store, ask, close it, and say which it is unless `quiet`. Raises: BadInput, StoreUnusable."""

    async def ask() -> T:
        settings = Settings()
        async with open_store(settings.worker.store, read_only=read_only) as store:
            answer = await question(store)
        say_store(settings, quiet=quiet)
        return answer

    return asyncio.run(ask())


async def whole_id(store: Store, typed: str) -> str:
    """The one id that equals or begins with what was typed. Raises: BatonError."""
    found = list(dict.fromkeys(await store.ids_beginning(typed, limit=_SHOWN + 1)))
    if typed in found:
        return typed
    if not found:
        place = where(Settings().worker.store)
        raise BatonError(f"there is no call or handoff with the id {typed} in {place}")
    if len(found) > 1:
        shown = ", ".join(found[:_SHOWN]) + (", …" if len(found) > _SHOWN else "")
        raise BatonError(f"more than one id begins with {typed}: {shown}")
    return found[0]
