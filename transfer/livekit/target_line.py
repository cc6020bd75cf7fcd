"""The holder's end of the private line: `transfer.ports.Line` to the target of one attempt, over RPC."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import Any

from livekit import rtc
from pydantic import ValidationError

from errors import LineFailed
from transfer.livekit.rpc import Departure, call, refused
from transfer.livekit.server_api import ServerApi
from transfer.protocol import (
    BRIEF_TOPIC,
    RELEASE,
    RPC_LIMIT_BYTES,
    SUMMARY,
    TAKE_OVER,
    Answer,
    Brief,
    Streamed,
    SummaryNote,
    TakeHandoff,
    Taken,
    TakeOver,
)

log = logging.getLogger(__name__)

_RELEASE_LIMIT_S = 1.0
_ASK_EVERY_S = 0.15
_ASK_LIMIT_S = 1.0
_MISSED_FOR_SURE = 2  # a single miss may be due to a reconnect


class LiveKitTargetLine:
    """Made by the switchboard, which lets only the attempt's target call `brief_for` and `answered`."""

    def __init__(self, room: rtc.Room, server: ServerApi, task: TakeHandoff, brief: Brief) -> None:
        self._room = room
        self._server = server
        self._task = task
        self._brief = brief
        self._departure: Departure | None = None
        self._briefed = asyncio.Event()
        self._answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self.identity: str | None = None
        self.open = True

    async def brief_for(self, identity: str) -> str:
        """Return the answer to `ready`: the brief, or its stream's id. Binds the line to `identity`."""
        if not self.open or (self.identity is not None and self.identity != identity):
            raise refused("another agent has this attempt")
        if self._departure is None:
            self.identity, self._departure = identity, Departure(self._room, identity)
        payload = self._brief.model_dump_json()
        if len(payload.encode()) > RPC_LIMIT_BYTES:
            stream = await self._room.local_participant.send_text(
                payload, destination_identities=[identity], topic=BRIEF_TOPIC
            )
            payload = Streamed(stream=stream.stream_id).model_dump_json()
        self._briefed.set()
        return payload

    def answered(self, answer: Answer) -> None:
        if not self._answer.done():
            self._answer.set_result(answer)

    async def ready(self) -> None:
        await self._briefed.wait()

    async def answer(self) -> Answer:
        gone = asyncio.ensure_future(self.gone())
        try:
            either: set[asyncio.Future[Any]] = {self._answer, gone}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        finally:
            gone.cancel()
        if not self._answer.done():
            raise LineFailed("it left the room")
        return self._answer.result()

    async def tell(self, summary: SummaryNote) -> None:
        await self._call(SUMMARY, summary)

    async def take_over(self, asked: TakeOver) -> None:
        reply = await self._call(TAKE_OVER, asked)
        try:
            taken = Taken.model_validate_json(reply).taken
        except ValidationError as error:
            raise LineFailed("its reply was not understood") from error
        if not taken:
            raise LineFailed("it lost the call to another")

    async def gone(self) -> None:
        await self._briefed.wait()
        assert self._departure is not None, "it is bound before it is briefed"
        assert self.identity is not None
        # The server announces that silent participants come and go up to 3 s late, and one that leaves before
        # it was announced causes no event. So poll the server until the target has a voice.
        missed = 0
        while not self._departure.happened and not self._has_voice(self.identity):
            missed = missed + 1 if await self._is_absent(self.identity) else 0
            if missed == _MISSED_FOR_SURE:
                return
            await self._departure.wait_for(_ASK_EVERY_S)
        await self._departure.wait()

    def _has_voice(self, identity: str) -> bool:
        known = self._room.remote_participants.get(identity)
        return known is not None and bool(known.track_publications)

    async def release(self) -> None:
        self.open = False
        if self._departure is None or self.identity is None:
            return  # a target that comes later is refused, and leaves
        try:
            if not self._departure.happened:
                with suppress(LineFailed, TimeoutError):
                    async with asyncio.timeout(_RELEASE_LIMIT_S):
                        await call(self._room, self.identity, RELEASE)
                await self._remove(self.identity)
        finally:
            self._departure.close()

    async def _call(self, method: str, message: SummaryNote | TakeOver) -> str:
        if self.identity is None:
            raise LineFailed("it has not come")
        return await call(self._room, self.identity, method, message)

    async def _is_absent(self, identity: str) -> bool:
        try:
            return not await self._server.has_participant(self._room.name, identity, limit_s=_ASK_LIMIT_S)
        except LineFailed:
            return False

    async def _remove(self, identity: str) -> None:
        """Remove the target from the room: a process that hangs does not leave by itself."""
        try:
            await self._server.remove_participant(self._room.name, identity)
        except LineFailed as error:
            log.warning("target not removed", extra={"error": str(error)})
