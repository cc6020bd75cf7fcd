"""Presses the keys that an operator, or the person at a desk, sends for a telephone of the call.

The request is a row, which records only how many keys there are. The keys themselves come to the holder
separately, from the server alone, and are kept until they are pressed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from livekit import rtc
from pydantic import ValidationError

from agents.keys.pressing import NotPressed, press_keys
from persistence.records import RequestId
from transfer.keys_protocol import KEYS_TOPIC, Leg, PressKeys

_COME_WITHIN_S = 2.0
"""How long the keys may take to arrive once the row is taken: the server sends them right after the row."""

Telephone = tuple[rtc.Room, str]
"""The room that a telephone is in, and its identity there."""


class OperatorKeys:
    """One call's keys. `telephone` returns where a leg is now, or None if the call does not have it."""

    def __init__(self, room: rtc.Room, telephone: Callable[[Leg], Telephone | None]) -> None:
        self._telephone = telephone
        self._coming: dict[RequestId, asyncio.Future[PressKeys]] = {}
        room.on("data_received", self._on_data)

    async def press(self, request: RequestId) -> None:
        """Press a request's keys, and return once all are sent. Raises: NotPressed."""
        try:
            async with asyncio.timeout(_COME_WITHIN_S):
                asked = await self._keys_of(request)
        except TimeoutError:
            raise NotPressed("the keys did not arrive: they were sent to an agent that is gone") from None
        finally:
            self._coming.pop(request, None)
        telephone = self._telephone(asked.leg)
        if telephone is None:
            raise NotPressed("no person has the call")
        await press_keys(*telephone, asked.keys)

    def _keys_of(self, request: RequestId) -> asyncio.Future[PressKeys]:
        return self._coming.setdefault(request, asyncio.get_running_loop().create_future())

    def _on_data(self, packet: rtc.DataPacket) -> None:
        if packet.topic != KEYS_TOPIC or packet.participant is not None:  # participants send none
            return
        try:
            asked = PressKeys.model_validate_json(packet.data)
        except ValidationError:
            return  # of another version: the request will fail as not pressed
        coming = self._keys_of(RequestId(asked.request))
        if not coming.done():
            coming.set_result(asked)
