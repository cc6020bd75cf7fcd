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
"""Any other reason is a fault on the way: the person may still want the caller."""


class OwnLine(PersonsRoom):
    """Made for one dial. Its room and the telephone's identity are those of an offer of the same id."""

    def __init__(
        self, access: LiveKitSettings, dial: DialId, job: str, *, hang_up: Callable[[], Awaitable[None]]
    ) -> None:
        """`hang_up`: takes the telephone out of the room; before we leave it ourselves."""
        super().__init__(access, OfferId(dial), job)
        self._hang_up = hang_up
        self.room_name = room_of(OfferId(dial))
        self.on_key: Callable[[str], None] | None = None
        self.on_ringing: Callable[[], None] | None = None

    async def join(self, *, limit_s: float = JOIN_LIMIT_S) -> None:
        """Raises: LineFailed."""
        self.room.on("sip_dtmf_received", self._on_dtmf)
        self.room.on("participant_attributes_changed", self._on_attributes)
        await super().join(limit_s=limit_s)

    async def leave(self, why: str = "") -> None:
        """Hang up, and leave. Never raises."""
        self.room.off("participant_disconnected", self._on_put_down)
        await self._hang_up()
        await super().leave(why)

    def talks(self) -> None:
        """From now on, hanging up the telephone ends the call, as the button of a desk does."""
        self.room.on("participant_disconnected", self._on_put_down)

    def is_away(self) -> None:
        """A telephone on hold sends nothing, and is not away: only its leaving counts, or ours."""
        if self.person not in self.room.remote_participants or not self.room.isconnected():
            super().is_away()

    async def _send(self, message: Shown) -> bool:
        """A telephone shows nothing."""
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
            with suppress(rtc.RpcError):  # in a moment in which nobody may end the call
                self.act(DeskAct(act="hang_up"))
