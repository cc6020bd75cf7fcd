"""Calls a target into the room, and takes the call back, through LiveKit's agent dispatch."""

from __future__ import annotations

from livekit.api import LiveKitAPI


class LiveKitDispatcher:
    """`transfer.ports.Dispatcher` for one room."""

    def __init__(self, api: LiveKitAPI, agent_name: str, room: str) -> None:
        raise NotImplementedError
