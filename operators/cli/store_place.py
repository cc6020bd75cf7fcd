"""Which store a command uses: the one of the settings, or that of the `make dev` that runs in this folder."""

from __future__ import annotations

import typer

from operators.dev_stack import dev_stack
from persistence.engines import SETTING, where
from settings import Settings, adopt, is_given

_NAMES_A_PLACE = (SETTING, "LIVEKIT_URL")


def join_dev_stack() -> None:
    """Take the settings of the `make dev` that runs here, unless ours name a store or a livekit-server.

    Never one of the two alone: an act on one stack's store must not reach another stack's rooms.
    """
    stack = dev_stack(running=True)
    if stack is not None and not any(is_given(name) for name in _NAMES_A_PLACE):
        adopt(stack.settings)


def say_store(settings: Settings, *, quiet: bool) -> None:
    """One line on stderr, so that no script reads it as output; none if `quiet`. Raises: BadInput."""
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
    """The address of the store that `make dev` left in this folder, whether it runs or not."""
    stack = dev_stack(running=False)
    return stack.settings.get(SETTING) if stack else None
