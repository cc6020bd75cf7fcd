"""A timeout whose error says what was awaited."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager


@asynccontextmanager
async def within(limit_s: float, awaited: str | Callable[[], str]) -> AsyncIterator[None]:
    """Limit the block to `limit_s` seconds. Raises: TimeoutError.

    `awaited`: what the error names; must not contain what anybody said. A function is called on a timeout,
    and can also say what is there instead.
    """
    try:
        async with asyncio.timeout(limit_s):
            yield
    except TimeoutError as error:
        told = awaited if isinstance(awaited, str) else awaited()
        raise TimeoutError(f"not within {limit_s:g} s: {told}") from error
