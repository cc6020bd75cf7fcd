"""Finds a command's store: the settings', or that of this folder's `make dev`. Queries it; completes ids."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import typer

from errors import BadInput, BatonError
from operators.dev_stack import dev_stack
from persistence.contract.store import Store
from persistence.engines import SETTING, open_store, where
from settings import Settings, adopt, is_given

T = TypeVar("T")
_SHOWN = 5
_NAMES_A_PLACE = (SETTING, "LIVEKIT_URL")


def join_dev_stack() -> None:
    """Adopt the settings of the `make dev` that runs here, unless ours name a store or a livekit-server.

    Never adopt only one of the two: an act on one stack's store must not reach another stack's rooms.
    """
    stack = dev_stack(running=True)
    if stack is not None and not any(is_given(name) for name in _NAMES_A_PLACE):
        adopt(stack.settings)


def say_store(settings: Settings, *, quiet: bool) -> None:
    """Name the store in one line on stderr, where no script reads it, unless `quiet`. Raises: BadInput."""
    if not quiet:
        store = settings.worker.store
        typer.echo(f"store: {where(store)} ({_reason(store)})", err=True)


def _reason(store: str) -> str:
    theirs = stack.settings.get(SETTING) if (stack := dev_stack(running=True)) else None
    if theirs == store:
        return "of make dev, which runs here"
    reason = SETTING if is_given(SETTING) else f"{SETTING} is not set"
    return f"{reason}; make dev, which runs here, has {where(theirs)}" if theirs else reason


def last_dev_store() -> str | None:
    """Return the address of the store that `make dev` left in this folder, whether it runs or not."""
    stack = dev_stack(running=False)
    return stack.settings.get(SETTING) if stack else None


def asked(question: Callable[[Store], Awaitable[T]], *, read_only: bool = True, quiet: bool = False) -> T:
    """Run `question` on the store, and name the store unless `quiet`. Raises: BadInput, StoreUnusable."""

    async def ask() -> T:
        settings = Settings()
        async with open_store(settings.worker.store, read_only=read_only) as store:
            answer = await question(store)
        say_store(settings, quiet=quiet)
        return answer

    return asyncio.run(ask())


async def whole_id(store: Store, typed: str) -> str:
    """Return the one id that equals or begins with what was typed. Raises: BatonError."""
    if not typed.strip():  # otherwise a script's empty variable would match a small store's only call
        raise BadInput("ID", "is empty", "write a call's or handoff's id, or its first characters")
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
