"""Sends a caller on a telephone to a person's number without asking the person; bridges other callers."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from functools import partial

from livekit import rtc

from agents.jobs.phone_stage import PhoneStage
from agents.people.ringing import NobodyTook
from agents.phone.blind import BlindLeg, Sending
from agents.phone.calling import Calling
from agents.phone.leaving import may_leave, number_called
from agents.process.process_context import server_api
from errors import LineFailed, StoreError
from transfer.protocol import Brief, SummaryNote

log = logging.getLogger(__name__)

_HANGS_UP_WITHIN_S = 3.0
"""How long to wait until the gateway hangs up a caller who has left: it does so after a second."""
_FAULT = "there is a fault on our side"
LEFT = "the caller is with the person, and no longer with us"


class BlindStage(PhoneStage):
    """`transfer.ports.Stage`. It never accepts a caller on a telephone: they leave, or stay with the holder.

    If they leave, the handoff ends as abandoned, and the call as transferred (agents/call/person_holder.py).
    """

    _sending: Calling[BlindLeg] | None = None
    _has_left = False

    @property
    def decides_on_summary(self) -> bool:
        return not self._may_leave  # nobody gets a brief

    async def decide(self, brief: Brief, summary: SummaryNote | None) -> tuple[bool, str]:
        if not self._may_leave:
            return await super().decide(brief, summary)
        assert self._role.phones is not None
        sending = Sending(
            store=self._store,
            clock=self._process.clock,
            telephone=self._telephone,
            plan=self._role.phones,
            room=self._ctx.room.name,
            caller=self._task.caller,
            called=number_called(self._ctx.room, self._task.caller),
        )
        self._sending = self._calling_by(partial(BlindLeg, sending))
        try:
            await self._sending.until_accepted()
        except NobodyTook as why:
            return False, str(why)
        except StoreError as error:
            log.warning("no caller was sent away", extra={"error": type(error).__name__})
            return False, _FAULT
        self._has_left = True
        await self._hung_up()
        return False, LEFT

    async def leave(self) -> None:
        if self._sending is not None and not self._has_left:
            await self._sending.stop("not connected")
        await super().leave()

    @property
    def _may_leave(self) -> bool:
        return may_leave(self._ctx.room, self._task.caller)

    async def _hung_up(self) -> None:
        """Return once the caller is out of our room. If the gateway does not hang up, remove the caller."""
        room, caller, gone = self._ctx.room, self._task.caller, asyncio.Event()

        def look(_: rtc.RemoteParticipant | None = None) -> None:
            if caller not in room.remote_participants:
                gone.set()

        room.on("participant_disconnected", look)
        look()
        try:
            async with asyncio.timeout(_HANGS_UP_WITHIN_S):
                await gone.wait()
        except TimeoutError:
            with suppress(LineFailed):
                await server_api(self._ctx).remove_participant(room.name, caller)
        finally:
            room.off("participant_disconnected", look)
