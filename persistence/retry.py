"""Asks a store that may not answer, again and again until it does."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from errors import StoreError, StoreRefused

log = logging.getLogger(__name__)

RETRY_AFTER_S = 1.0
"""Pause between two tries. A locked or full disk rarely recovers faster."""

T = TypeVar("T")


async def until_answered(
    ask: Callable[[], Awaitable[T]],
    what: str,
    *,
    retry_after_s: float = RETRY_AFTER_S,
    try_limit_s: float | None = None,
    **fields: object,
) -> T:
    """Await `ask()` until the store answers, and return the answer.

    A refusal is an answer: it would be the same at the next try. Each failure is logged as a warning, with
    the static text `what` and `fields` (ids, never words). A try that takes longer than `try_limit_s` seconds
    counts as a failure; None waits as long as the store does. There is no limit on the number of tries: put
    `asyncio.timeout` around the call where one is needed.

    Raises: StoreRefused.
    """
    while True:
        try:
            async with asyncio.timeout(try_limit_s):
                return await ask()
        except StoreRefused:
            raise
        except (StoreError, TimeoutError) as error:
            log.warning(what, extra={**fields, "error": str(error) or type(error).__name__})
        await asyncio.sleep(retry_after_s)
