"""The keys that one call's caller presses, as the room reports them. Nobody else's keys count."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from livekit import rtc

from agents.keys.debounce import Debounce, key_of

Keys = asyncio.Queue[str]


class KeyPad:
    """The latest listener gets the keys; while nobody listens, they are dropped.

    It calls `on_key` for every key: a caller who types is not silent.
    """

    def __init__(self, room: rtc.Room, caller: str, on_key: Callable[[], None] = lambda: None) -> None:
        self._caller, self._on_key = caller, on_key
        self._debounce = Debounce()
        self._listening: list[Keys] = []
        room.on("sip_dtmf_received", self._on_event)

    @contextmanager
    def listening(self) -> Iterator[Keys]:
        """Yield a queue that gets the keys from now on."""
        keys: Keys = asyncio.Queue()
        self._listening.append(keys)
        try:
            yield keys
        finally:
            self._listening.remove(keys)

    def _on_event(self, event: rtc.SipDTMF) -> None:
        if event.participant is None or event.participant.identity != self._caller:
            return
        key = key_of(event.digit, event.code)
        if key is None or not self._debounce.is_pressed(key, asyncio.get_running_loop().time()):
            return
        self._on_key()
        if self._listening:
            self._listening[-1].put_nowait(key)
