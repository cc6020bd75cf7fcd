"""A request must arrive completely within a limit, so that a slow sender cannot keep a connection."""

from __future__ import annotations

import asyncio
from typing import cast

# uvicorn limits the pause between two requests, and leaves a request that never ends to a proxy in front.
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

WHOLE_WITHIN_S = 15.0
"""Limit for head and body together. The largest body allowed (`BODY_LIMIT`) needs 35 kbit/s."""

_TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class WholeRequests(HttpToolsProtocol):
    """uvicorn's protocol with that limit. It counts from a connection's start, then from each request's."""

    _limit: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(cast("asyncio.Transport", transport))
        self._begin()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        self._begin()
        super().on_message_begin()

    def on_message_complete(self) -> None:
        self._end()
        super().on_message_complete()

    def _begin(self) -> None:
        if self._limit is None:
            self._limit = self.loop.call_later(WHOLE_WITHIN_S, self._refuse)

    def _end(self) -> None:
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None

    def _refuse(self) -> None:
        answering = self.cycle is not None and self.cycle.response_started
        if not answering or self.cycle.response_complete:
            self.transport.write(_TOO_SLOW)
        self.transport.close()
