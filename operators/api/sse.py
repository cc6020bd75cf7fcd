"""Server-sent events: first what was missed, from the store, then what happens, from the feed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable

from fastapi.responses import StreamingResponse

from errors import StoreError
from operators.api.event_feed import Feed, Listener, frame, pages
from persistence.contract.store import Store
from persistence.records import CallId

HEARTBEAT_S = 15.0
"""A comment, so that nobody on the way takes a quiet line for a dead one."""
LOOK_AT_TOKEN_S = 5.0
"""How often a stream looks whether its token is still good."""
_AGAIN = b"retry: 1000\n: connected\n\n"  # milliseconds until a browser comes back


class EventStream(StreamingResponse):
    media_type = "text/event-stream"


async def stream(
    store: Store,
    feed: Feed,
    *,
    after: int | None,
    call_id: CallId | None,
    welcome: Callable[[], Awaitable[bool]],
) -> AsyncGenerator[bytes, None]:
    """Everything after an event (None: from now on), until the listener is let go or is not `welcome`.

    A stream that the store fails ends: its reader comes back, and resumes.
    """
    with feed.listen() as listener:
        yield _AGAIN
        try:
            sent = listener.begins_after if after is None else after
            async for missed in pages(store, after=sent, call_id=call_id):
                frames = [frame(event) for event in missed if event.id <= listener.begins_after]
                if frames:
                    sent = frames[-1].id
                    yield b"".join(one.written for one in frames)
                if len(frames) < len(missed):
                    break  # from here on, the listener has them
            async for written in _live(listener, sent, call_id, welcome):
                yield written
        except StoreError:
            return


async def _live(
    listener: Listener, sent: int, call_id: CallId | None, welcome: Callable[[], Awaitable[bool]]
) -> AsyncGenerator[bytes, None]:
    loop = asyncio.get_running_loop()
    heard = looked = loop.time()
    while True:
        try:
            async with asyncio.timeout(LOOK_AT_TOKEN_S):
                frames = await listener.next()
        except TimeoutError:
            frames = None
        if frames is not None and not frames:
            return
        wanted = [one for one in frames or () if one.id > sent and call_id in {None, one.call_id}]
        if wanted:
            heard = loop.time()
            yield b"".join(one.written for one in wanted)
        elif loop.time() - heard >= HEARTBEAT_S:
            heard = loop.time()
            yield b": still here\n\n"
        if loop.time() - looked >= LOOK_AT_TOKEN_S:
            looked = loop.time()
            if not await welcome():
                return
