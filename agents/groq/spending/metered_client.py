"""The HTTP client under AsyncGroq: counts every request when its last byte is sent, and its answer's usage.

A request continues even if nobody waits for it any more: Groq bills it all the same, and only its answer says
whether Groq accepted it, and how many tokens a chat used. Aborting a request would also close its connection.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

import httpx

from agents.groq.budget.budget import Budget
from agents.groq.budget.gate import learn_from, refusal_of
from agents.groq.spending.book import BookEntry, SpendingBook
from agents.groq.spending.reply_usage import StreamedTokens, tokens_in
from agents.groq.spending.request_usage import CHAT, HEARING, SPEECH, asked_of, part_of
from agents.groq.spending.unread import UNREAD_S, UnreadAnswers

_BEGUN, _SENT = ".send_request_headers.started", ".send_request_body.complete"


class MeteredClient(httpx.AsyncClient):
    """httpx's client, with sums in `book`. `options` are those of httpx.

    `budget` learns from each answer; with a budget, a model with a spent limit is only tried rarely.
    """

    def __init__(self, book: SpendingBook, budget: Budget | None, **options: Any) -> None:
        super().__init__(**options)
        self._book, self._budget = book, budget

    async def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        part = part_of(request.url.path)
        if part is None:
            return await super().send(request, **options)
        model, used = asked_of(part, await request.aread())
        tried = False
        if self._budget and (hold := self._budget.hold(model)):
            tried = self._budget.try_held(model)
            if not tried:
                return refusal_of(self._budget, model, hold, request)
        entry = self._book.entry(model, used)
        request.extensions = {**request.extensions, "trace": _marking_sent(entry)}
        if part == CHAT:  # its raw stream is read here
            request.headers["accept-encoding"] = "identity"
        sending = self._book.unread.own(self._exchange(request, model, entry, options, tried=tried))
        try:
            return await asyncio.shield(sending)
        except asyncio.CancelledError:
            if not entry.is_begun:  # still waiting for a connection
                sending.cancel()
                raise
            if part == HEARING:  # the caller went on: the words are transcribed again with what follows
                entry.throw_away()
            self._book.unread.own(self._see_through(sending, part))
            raise

    async def aclose(self) -> None:
        await self._book.unread.settle()
        await super().aclose()

    async def _exchange(
        self, request: httpx.Request, model: str, entry: BookEntry, options: dict[str, Any], *, tried: bool
    ) -> httpx.Response:
        response = await super().send(request, **options)
        entry.sent()  # whichever transport carried it
        if self._budget:
            await learn_from(self._budget, model, response, tried=tried)
        if response.is_error:
            entry.refused()
        elif request.url.path.endswith(CHAT):
            self._count_tokens(response, entry)
        return response

    def _count_tokens(self, response: httpx.Response, entry: BookEntry) -> None:
        """Count a chat's tokens. A stream reports them at its end, whenever that is read."""
        if isinstance(response.stream, httpx.AsyncByteStream) and not response.is_stream_consumed:
            response.stream = _Read(response.stream, entry, self._book.unread)
        elif tokens := tokens_in(response.content):
            entry.told(tokens)

    async def _see_through(self, sending: asyncio.Task[httpx.Response], part: str) -> None:
        try:
            async with asyncio.timeout(UNREAD_S):
                response = await sending
                if part != SPEECH and not response.is_stream_consumed:
                    await response.aread()
                await response.aclose()
        except (httpx.HTTPError, TimeoutError):
            pass  # nobody waits for it; its cost is counted as far as Groq reported it


def _marking_sent(entry: BookEntry) -> Callable[[str, Mapping[str, Any]], Awaitable[None]]:
    """Return the callback for httpcore's steps of a request. A request not sent whole was not billed."""

    async def trace(step: str, _: Mapping[str, Any]) -> None:
        if step.endswith(_BEGUN):
            entry.is_begun = True
        elif step.endswith(_SENT):
            entry.sent()

    return trace


class _Read(httpx.AsyncByteStream):
    """A chat's stream, read in its own task, so that it is read to its end even if its reader stops."""

    def __init__(self, stream: httpx.AsyncByteStream, entry: BookEntry, unread: UnreadAnswers) -> None:
        self._stream, self._entry, self._unread = stream, entry, unread
        self._read: asyncio.Queue[bytes | Exception | None] = asyncio.Queue()
        self._reading: asyncio.Task[None] | None = None

    async def __aiter__(self) -> AsyncIterator[bytes]:
        self._reading = self._unread.own(self._all())
        while (content := await self._read.get()) is not None:
            if isinstance(content, Exception):
                raise content
            yield content

    async def aclose(self) -> None:
        if self._reading is None:
            self._reading = self._unread.own(self._all())
        if not self._reading.done():
            asyncio.get_running_loop().call_later(UNREAD_S, self._reading.cancel)

    async def _all(self) -> None:
        tokens = StreamedTokens()
        try:
            async for content in self._stream:
                if told := tokens.feed(content):
                    self._entry.told(told)
                self._read.put_nowait(content)
        except Exception as error:  # noqa: BLE001 - raised where the stream is listened to
            self._read.put_nowait(error)
        finally:
            self._read.put_nowait(None)
            await self._stream.aclose()
