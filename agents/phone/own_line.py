"""The room in which a telephone is alone with the proxy: like a person's own room, without a page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress

from livekit import rtc

from agents.people.own_room import JOIN_LIMIT_S, PersonsRoom, Shown
from persistence.people import OfferId
from persistence.phones import DialId
from settings import LiveKitSettings
from transfer.desk_protocol import DeskAct, room_of

_STATUS = "sip.callStatus"
_PUT_DOWN = {rtc.DisconnectReason.CLIENT_INITIATED, rtc.DisconnectReason.USER_REJECTED}
"""Reasons that mean a hang-up. Any other is a connection fault: the person may still want the caller."""


class OwnLine(PersonsRoom):
    """The room of one dial. It and the telephone's identity are named as for an offer with the same id."""

    def __init__(
        self, access: LiveKitSettings, dial: DialId, job: str, *, hang_up: Callable[[], Awaitable[None]]
    ) -> None:
        """`hang_up` takes the telephone out of the room before we leave the room ourselves."""
        super().__init__(access, OfferId(dial), job)
        self._hang_up = hang_up
        self.room_name = room_of(OfferId(dial))
        self.on_key: Callable[[str], None] | None = None
        self.on_ringing: Callable[[], None] | None = None

    async def join(self, *, limit_s: float = JOIN_LIMIT_S) -> None:
        """Join the room. Raises: LineFailed."""
        self.room.on("sip_dtmf_received", self._on_dtmf)
        self.room.on("participant_attributes_changed", self._on_attributes)
        await super().join(limit_s=limit_s)

    async def leave(self, why: str = "") -> None:
        """Hang up, and leave. Never raises."""
        self.room.off("participant_disconnected", self._on_put_down)
        await self._hang_up()
        await super().leave(why)

    def talks(self) -> None:
        """Let hanging up the telephone end the call from now on, as a desk's button does."""
        self.room.on("participant_disconnected", self._on_put_down)

    def is_away(self) -> None:
        """Note the telephone as away only if it or we have left: on hold it sends nothing, but is there."""
        if self.person not in self.room.remote_participants or not self.room.isconnected():
            super().is_away()

    async def _send(self, message: Shown) -> bool:
        """Send nothing: a telephone shows no messages."""
        return True

    def _on_connected(self, participant: rtc.RemoteParticipant) -> None:
        super()._on_connected(participant)
        self._see_status(participant)

    def _on_attributes(self, _: dict[str, str], participant: rtc.Participant) -> None:
        self._see_status(participant)

    def _see_status(self, participant: rtc.Participant) -> None:
        rings = participant.identity == self.person and participant.attributes.get(_STATUS) == "ringing"
        if rings and self.on_ringing is not None:
            self.on_ringing()

    def _on_dtmf(self, key: rtc.SipDTMF) -> None:
        if key.participant is not None and key.participant.identity == self.person and self.on_key:
            self.on_key(key.digit)

    def _on_put_down(self, participant: rtc.RemoteParticipant) -> None:
        if participant.identity == self.person and participant.disconnect_reason in _PUT_DOWN:
            with suppress(rtc.RpcError):  # nobody may end the call at this moment
                self.act(DeskAct(act="hang_up"))
