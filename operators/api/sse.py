"""Server-sent events: first the missed ones from the store, then live ones from the feed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection

from errors import StoreError
from operators.api.event_feed import Feed, Listener, frame, pages
from operators.api.stream_limits import Held
from persistence.contract.store import Store
from persistence.records import CallId

HEARTBEAT_S = 15.0
"""A quiet stream sends a comment this often, so that no proxy takes it for dead."""
LOOK_AT_TOKEN_S = 3.0
"""How often a stream checks that its token or session is still valid."""
_AGAIN = b"retry: 1000\n: connected\n\n"  # the reconnect delay of browsers, ms


class EventStream(Held):
    media_type = "text/event-stream"


async def stream(
    store: Store,
    feed: Feed,
    *,
    after: int | None,
    call_id: CallId | None,
    kinds: Collection[str] | None = None,
    welcome: Callable[[], Awaitable[bool]],
) -> AsyncGenerator[bytes, None]:
    """Yield every event after an id (None: from now on), until the client is closed or no longer `welcome`.

    `kinds`: the kinds that the client may see; None: all.

    The stream ends when the store fails; its client reconnects and resumes.
    """
    with feed.listen() as listener:
        yield _AGAIN
        try:
            sent = listener.begins_after if after is None else after
            async for missed in pages(store, after=sent, call_id=call_id):
                frames = [frame(event) for event in missed if event.id <= listener.begins_after]
                if frames:
                    sent = frames[-1].id
                    yield b"".join(one.written for one in frames if kinds is None or one.kind in kinds)
                if len(frames) < len(missed):
                    break  # the listener has the rest
            async for written in _live(listener, sent, call_id, kinds, welcome):
                yield written
        except StoreError:
            return


async def _live(
    listener: Listener,
    sent: int,
    call_id: CallId | None,
    kinds: Collection[str] | None,
    welcome: Callable[[], Awaitable[bool]],
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
        wanted = [
            one
            for one in frames or ()
            if one.id > sent and call_id in {None, one.call_id} and (kinds is None or one.kind in kinds)
        ]
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
