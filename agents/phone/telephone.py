"""livekit-server's SIP calls: rings a number into a room, and hangs it up."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Mapping

import aiohttp
from google.protobuf.duration_pb2 import Duration
from livekit.api import (
    CreateSIPParticipantRequest,
    ListSIPOutboundTrunkRequest,
    LiveKitAPI,
    ServerError,
    SipCallError,
    TransferSIPParticipantRequest,
)
from livekit.protocol.sip import STS_TRANSFER_FAILED

from agents.phone.outcome import HAS_LEFT, Referred, outcome_of, referred_of
from agents.roster.phone import CallPlan, Line
from errors import LineFailed
from persistence.phones import DialState, Refer
from transfer.livekit.server_api import ServerApi

log = logging.getLogger(__name__)

_TRUNK_LIMIT_S = 4.0
_HANG_UP_LIMIT_S = 6.0
_AGAIN_S = 0.1
_NOT_ASKED = Referred(Refer.FAILED, DialState.UNREACHABLE)


class NotAnswered(Exception):
    """An outcome, not an error. It leaves out the server's own words, which may contain the number."""

    def __init__(self, outcome: DialState) -> None:
        super().__init__(outcome.value)
        self.outcome = outcome


class Telephone:
    """One call's telephones. None ever joins the caller's room: a gateway subscribes to every track."""

    def __init__(self, api: LiveKitAPI, server: ServerApi, *, longest_call_s: float) -> None:
        self._api, self._server, self._longest_call_s = api, server, longest_call_s

    async def ring(self, line: Line, plan: CallPlan, *, room: str, identity: str) -> None:
        """Ring a number into a room; return once it is answered, even by a machine. Raises: NotAnswered."""
        request = CreateSIPParticipantRequest(
            sip_call_to=line.number,
            sip_number=plan.rules.caller_id or "",
            room_name=room,
            participant_identity=identity,
            participant_name=line.person,
            dtmf=line.keys,
            hide_phone_number=True,
            ringing_timeout=Duration(seconds=math.ceil(plan.rings_s)),
            max_call_duration=Duration(seconds=math.ceil(self._longest_call_s)),
            wait_until_answered=True,  # otherwise a busy telephone looks like an answered one
        )
        try:
            request.sip_trunk_id = await self._trunk_id(plan.rules.trunk)
            await self._api.sip.create_sip_participant(request)
        except ServerError as error:
            status = error.sip_status_code if isinstance(error, SipCallError) else None
            log.info("a telephone was not answered", extra={"sip_status": status, "code": error.code})
            raise NotAnswered(outcome_of(status, error.code)) from None
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            log.warning("a telephone could not be called", extra={"error": type(error).__name__})
            raise NotAnswered(DialState.UNREACHABLE) from None

    async def refer(
        self, room: str, identity: str, to: str, *, rings_s: float, headers: Mapping[str, str]
    ) -> Referred:
        """Ask a caller's own provider to connect them to `to`. Unless they have LEFT, they are still here."""
        request = TransferSIPParticipantRequest(
            room_name=room,
            participant_identity=identity,
            transfer_to=to,
            headers=headers,
            ringing_timeout=Duration(seconds=math.ceil(rings_s)),
        )
        try:
            told = await self._api.sip.transfer_sip_participant(request)
        except ServerError as error:
            status = error.sip_status_code if isinstance(error, SipCallError) else None
            log.info("a transfer was refused", extra={"sip_status": status, "code": error.code})
            return referred_of(status, error.code)
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            log.warning("a transfer could not be asked for", extra={"error": type(error).__name__})
            return _NOT_ASKED
        return _NOT_ASKED if told.status == STS_TRANSFER_FAILED else HAS_LEFT

    async def hang_up(self, room: str, identity: str, *, ringing: asyncio.Task[None] | None = None) -> bool:
        """End the call, whether it rings or was answered. False: its end is not certain.

        `ringing`: the task of `ring`, while it runs: livekit-server may know the participant only later.
        """
        try:
            async with asyncio.timeout(_HANG_UP_LIMIT_S):
                await self._server.remove_participant(room, identity)
                while ringing is not None and not ringing.done():
                    await asyncio.wait({ringing}, timeout=_AGAIN_S)
                    await self._server.remove_participant(room, identity)
        except (LineFailed, TimeoutError) as error:
            log.warning("a telephone was not hung up", extra={"error": type(error).__name__})
            return False
        return True

    async def _trunk_id(self, trunk: str) -> str:
        """Return a trunk's id. Raises: NotAnswered: no trunk has this name; ServerError, TimeoutError."""
        if trunk.startswith("ST_"):
            return trunk
        async with asyncio.timeout(_TRUNK_LIMIT_S):
            found = await self._api.sip.list_outbound_trunk(ListSIPOutboundTrunkRequest())
        for each in found.items:
            if each.name == trunk:
                return str(each.sip_trunk_id)
        log.error("there is no outbound trunk of this name", extra={"trunk": trunk})
        raise NotAnswered(DialState.TRUNK_REFUSED)
