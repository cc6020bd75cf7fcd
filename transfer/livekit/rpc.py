"""What both ends of the private line share: RPC calls with a timeout, refusals, and departures."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

from livekit import rtc
from pydantic import BaseModel, ValidationError

from errors import LineFailed
from transfer.protocol import Message

M = TypeVar("M", bound=BaseModel)
Handler = Callable[[rtc.RpcInvocationData], Awaitable[str]]

_CALL_LIMIT_S = 10.0  # the callers of this module set shorter ones
_HEARD_LIMIT_S = 1.0  # delivery, without the answer; LiveKit's default of 7 s is too long for a handoff
_CALL_AGAIN_S = 0.1
_NOT_HEARD = frozenset(
    {rtc.RpcError.ErrorCode.CONNECTION_TIMEOUT, rtc.RpcError.ErrorCode.RECIPIENT_DISCONNECTED}
)
_REFUSED = 2403
_LOOK_AGAIN_S = 0.25
_ANNOUNCED_S = 3.5  # silent participants are announced up to 3 s late, after a reconnect as well
LEFT_FOR_GOOD = frozenset(
    {
        rtc.DisconnectReason.CLIENT_INITIATED,
        rtc.DisconnectReason.PARTICIPANT_REMOVED,
        rtc.DisconnectReason.ROOM_DELETED,
        rtc.DisconnectReason.USER_REJECTED,
        rtc.DisconnectReason.USER_UNAVAILABLE,
    }
)
"""Reasons that exclude a reconnect, for agents and callers alike. Only SIP callers get the last two."""


def refused(why: str) -> rtc.RpcError:
    """The error for a peer that may not call, or whose payload we do not understand."""
    return rtc.RpcError(_REFUSED, why)


def read(message: type[M], payload: str) -> M:
    """Parse the payload. Raises: RpcError, which goes back to the sender."""
    try:
        return message.model_validate_json(payload)
    except ValidationError:
        raise refused("not understood") from None


async def call(room: rtc.Room, identity: str, method: str, message: Message | None = None) -> str:
    """Call one participant, announced or not. Raises: LineFailed.

    A call that meets a reconnect is retried, so a handler may run twice. A refusal is final.
    """
    payload = "" if message is None else message.model_dump_json()
    try:
        async with asyncio.timeout(_CALL_LIMIT_S):
            while True:
                try:
                    return await _call_once(room, identity, method, payload)
                except rtc.RpcError as error:
                    if error.code not in _NOT_HEARD:
                        raise LineFailed(f"{method}: {error.message}") from error
                await asyncio.sleep(_CALL_AGAIN_S)
    except TimeoutError as error:
        raise LineFailed(f"{method}: no answer") from error


async def call_unless_gone(room: rtc.Room, identity: str, method: str) -> None:
    """Call one participant; return without an answer once they have left for good. Raises: LineFailed.

    An answer may be lost: a call that was heard too late is retried, and by then they may have left.
    """
    departure = Departure(room, identity)
    asking = asyncio.create_task(call(room, identity, method))
    gone = asyncio.create_task(departure.wait())
    try:
        await asyncio.wait({asking, gone}, return_when=asyncio.FIRST_COMPLETED)
        if asking.done():
            await asking
    finally:
        departure.close()
        asking.cancel()
        gone.cancel()
        await asyncio.gather(asking, gone, return_exceptions=True)


async def _call_once(room: rtc.Room, identity: str, method: str, payload: str) -> str:
    """Return the answer. Raises: RpcError, of `_NOT_HEARD` if we reconnect: the answer may be lost."""
    if not room.isconnected():
        raise LineFailed(f"{method}: this agent is not in the room")
    reconnected = asyncio.Event()
    asking = asyncio.create_task(
        room.local_participant.perform_rpc(
            destination_identity=identity,
            method=method,
            payload=payload,
            response_timeout=_CALL_LIMIT_S,
            max_round_trip_latency=_HEARD_LIMIT_S,
        )
    )
    back = asyncio.create_task(reconnected.wait())
    room.on("reconnected", reconnected.set)
    try:
        await asyncio.wait({asking, back}, return_when=asyncio.FIRST_COMPLETED)
        if asking.done():
            return await asking
        raise rtc.RpcError(rtc.RpcError.ErrorCode.CONNECTION_TIMEOUT, "reconnected meanwhile")
    finally:
        room.off("reconnected", reconnected.set)
        asking.cancel()
        back.cancel()
        await asyncio.gather(asking, back, return_exceptions=True)


class Departure:
    """Whether a participant has left for good. A reconnect, theirs or ours, is not a departure (fault C1)."""

    def __init__(self, room: rtc.Room, identity: str) -> None:
        self._room = room
        self._identity = identity
        self._left = asyncio.Event()
        self._again: asyncio.TimerHandle | None = None
        room.on("participant_disconnected", self._on_disconnected)

    async def wait(self) -> None:
        await self._left.wait()

    async def wait_for(self, limit_s: float) -> None:
        """Like `wait`, but for at most `limit_s` seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(limit_s):
                await self._left.wait()

    @property
    def happened(self) -> bool:
        return self._left.is_set()

    def close(self) -> None:
        """Stop watching. After this, `wait` returns only if the departure has already happened."""
        self._room.off("participant_disconnected", self._on_disconnected)
        if self._again is not None:
            self._again.cancel()

    def _on_disconnected(self, participant: rtc.RemoteParticipant) -> None:
        if participant.identity != self._identity:
            return
        if participant.disconnect_reason in LEFT_FOR_GOOD:
            self._left.set()
        else:
            self._look_again(_ANNOUNCED_S)

    def _look_again(self, left_s: float) -> None:
        loop = asyncio.get_running_loop()
        self._again = loop.call_later(_LOOK_AGAIN_S, self._look, left_s - _LOOK_AGAIN_S)

    def _look(self, left_s: float) -> None:
        state = self._room.connection_state
        if state == rtc.ConnectionState.CONN_RECONNECTING:
            self._look_again(_ANNOUNCED_S)
        elif (
            state == rtc.ConnectionState.CONN_CONNECTED
            and self._identity not in self._room.remote_participants
        ):
            if left_s > 0:
                self._look_again(left_s)
            else:
                self._left.set()
