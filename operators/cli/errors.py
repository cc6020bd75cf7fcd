"""How a command fails: one line on stderr, and an exit code that scripts can rely on.

0 done · 1 not possible, such as a missing store
2 wrong input: a setting, a file, or the command line
3 refused, and nothing changed: the call is over, the handoff has moved on, or another one is open
"""

from __future__ import annotations

import errno
from typing import Any

import typer
from typer.core import TyperGroup

from errors import (
    BadInput,
    BatonError,
    HandoffOpen,
    HandoffsSpent,
    OnHold,
    OutOfReach,
    StoreMissing,
    StoreUnusable,
)
from operators.act_refused import ActRefused
from operators.cli.lookup import last_dev_store
from operators.cli.output import clean
from persistence.engines import SETTING

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}
REFUSALS = (ActRefused, HandoffOpen, HandoffsSpent, OnHold)


class OneLineErrors(TyperGroup):
    """Prints Baton's own errors as one line, for every command. Other errors pass through."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Raises: typer.BadParameter, if the shell has passed bytes that are not UTF-8."""
        for word in args:
            if not word.isascii() and any("\ud800" <= letter <= "\udfff" for letter in word):
                raise typer.BadParameter(f"{clean(word[:80])!r} is not UTF-8 text")
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> object:  # typer's own copy of click's Context, which has no public name
        try:
            return super().invoke(ctx)
        except BadInput as error:
            raise _ended(*map(str, error.each), code=1 if isinstance(error, OutOfReach) else 2) from error
        except StoreMissing as error:
            raise _ended(f"{SETTING}: {error}{_dev_store()}", code=1) from error
        except StoreUnusable as error:
            raise _ended(f"{SETTING}: {error}", code=2) from error
        except REFUSALS as error:
            raise _ended(f"{error.kind}: {error}", code=3) from error
        except BatonError as error:
            raise _ended(str(error), code=1) from error
        except OSError as error:
            if error.errno not in _NO_ROOM:
                raise
            raise _ended(f"the output cannot be written: {error.strerror}", code=1) from error


def _dev_store() -> str:
    left = last_dev_store()
    return f"; make dev has left one here: {SETTING}={left}" if left else ""


def _ended(*lines: str, code: int) -> typer.Exit:
    for line in lines:
        typer.echo(clean(line), err=True)
    return typer.Exit(code)
