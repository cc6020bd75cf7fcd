"""Streamed answers, of which an operator may have only a limited number at once."""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable, Mapping

from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send


class Held(StreamingResponse):
    """A streamed answer that calls `end` once it is over, however it ends."""

    def __init__(
        self,
        content: AsyncIterable[bytes | str],
        status_code: int = 200,
        *,
        end: Callable[[], None],
        headers: Mapping[str, str],
    ) -> None:
        super().__init__(content, status_code, headers)
        self._end = end

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._end()
