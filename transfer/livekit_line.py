"""The private line between two agents in a room, by RPC: the holder's end and the target's end."""

from __future__ import annotations

from livekit import rtc
from livekit.api import LiveKitAPI

from persistence.store import Store
from transfer.ports import Line
from transfer.protocol import Brief, TakeHandoff


class LiveKitSwitchboard:
    """`transfer.ports.Switchboard`. One for each room connection; made before the first handoff."""

    def __init__(self, room: rtc.Room, api: LiveKitAPI, store: Store) -> None:
        raise NotImplementedError

    def open(self, task: TakeHandoff, brief: Brief) -> Line:
        raise NotImplementedError


class LiveKitHolderLine:
    """`transfer.ports.HolderLine`. Registers its methods at `ready`, so the room may connect after it is made."""

    def __init__(self, room: rtc.Room, task: TakeHandoff) -> None:
        raise NotImplementedError
