"""A time limit whose error says what was awaited."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager


@asynccontextmanager
async def within(limit_s: float, awaited: str | Callable[[], str]) -> AsyncIterator[None]:
    """Raises: TimeoutError, if the block takes longer than `limit_s` seconds.

    `awaited`: no one's words; a function is called then, and can say what is there instead.
    """
    try:
        async with asyncio.timeout(limit_s):
            yield
    except TimeoutError as error:
        told = awaited if isinstance(awaited, str) else awaited()
        raise TimeoutError(f"not within {limit_s:g} s: {told}") from error
