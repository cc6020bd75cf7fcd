"""What the page of a caller in line shows: the place, and the lines as captions. Typed lines wait."""

from __future__ import annotations

import asyncio
import logging

from livekit import rtc
from livekit.rtc.participant import PublishDataError

from transfer.page_protocol import PAGE_TOPIC, TYPED, Caption, Situation, TypedAnswer, wants_captions

log = logging.getLogger(__name__)

_AGAIN_S = 0.9
"""A page that gets nothing for longer than a second tells its caller that nobody is there."""
_SEND_LIMIT_S = 2.0


class WaitingPage:
    """One caller's page. A caller without a page, such as one by telephone, is sent nothing."""

    def __init__(self, room: rtc.Room, role: str) -> None:
        """`role`: the spoken name of the role that will answer."""
        self._room, self._role = room, role
        self._lines: list[str] = []
        self._shown = 0
        self.place = 0
        room.local_participant.register_rpc_method(TYPED, self._on_typed)

    def caption(self, words: str) -> None:
        self._lines.append(words)

    async def keep_shown(self, caller: str) -> None:
        """Show the place and the lines until cancelled. Never fails."""
        while True:
            person = self._room.remote_participants.get(caller)
            if person is not None and wants_captions(person.attributes):
                for words in self._lines[self._shown :]:
                    self._shown += 1
                    await self._send(
                        Caption(line=self._shown, role=self._role, words=words, over=True), caller
                    )
                await self._send(Situation(now="line", role=self._role, place=self.place), caller)
            await asyncio.sleep(_AGAIN_S)

    async def _send(self, message: Situation | Caption, caller: str) -> None:
        try:
            async with asyncio.timeout(_SEND_LIMIT_S):
                await self._room.local_participant.publish_data(
                    message.model_dump_json(), topic=PAGE_TOPIC, destination_identities=[caller]
                )
        except (TimeoutError, PublishDataError) as error:
            log.info("the caller's page was not updated", extra={"error": type(error).__name__})

    async def _on_typed(self, _: rtc.RpcInvocationData) -> str:
        return TypedAnswer(taken=False, why="busy").model_dump_json()
