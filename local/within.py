"""A time limit whose error says what was awaited."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


@asynccontextmanager
async def within(limit_s: float, awaited: str) -> AsyncIterator[None]:
    """Raises: TimeoutError, if the block takes longer than `limit_s` seconds. `awaited`: no one's words."""
    try:
        async with asyncio.timeout(limit_s):
            yield
    except TimeoutError as error:
        raise TimeoutError(f"not within {limit_s:g} s: {awaited}") from error
