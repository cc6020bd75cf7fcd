"""Calls to and from a softphone by livekit-server's SIP API, and rooms in which to watch them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from itertools import count

from google.protobuf.duration_pb2 import Duration
from livekit import api

from local.phone.network import PhoneNetwork
from local.phone.softphone import Softphone
from tests.phone.witness import Witness, witness

PHONE = "phone"
"""The identity of a phone that was called."""
OUR_NUMBER = "+15550001"
LINE = "+15559999"
"""The number that phones call."""

UNRULED = "+15558888"
"""A number with a trunk but without a dispatch rule."""
PREFIX = "call"
_LIMIT_S = 10.0
_LOOK_AGAIN_S = 0.02
_rooms = count(1)


class Exchange:
    """`trunk` leads to the phone. Phones that call LINE get a room of their own."""

    def __init__(self, network: PhoneNetwork, phone: Softphone, lk: api.LiveKitAPI, trunk: str) -> None:
        self.network = network
        self.phone = phone
        self.lk = lk
        self.trunk = trunk
        self.room = "room"

    def watched(self) -> AbstractAsyncContextManager[Witness]:
        """Make a new room for the next call, with a witness in it."""
        self.room = f"room-{next(_rooms)}"
        return witness(self.network, self.room)

    async def dial(
        self,
        *,
        wait: bool = True,
        ringing_s: float | None = None,
        keys: str = "",
        trunk: str | None = None,
        number: str = "+15551234",
    ) -> api.SIPParticipantInfo:
        """Call the phone into the room. Raises: api.SipCallError, api.ServerError."""
        asked = api.CreateSIPParticipantRequest(
            sip_trunk_id=self.trunk if trunk is None else trunk,
            sip_call_to=number,
            room_name=self.room,
            participant_identity=PHONE,
            wait_until_answered=wait,
            dtmf=keys,
        )
        if ringing_s is not None:
            asked.ringing_timeout.CopyFrom(Duration(nanos=int(ringing_s * 1e9)))
        return await self.lk.sip.create_sip_participant(asked)

    async def transfer(self, to: str, identity: str = PHONE) -> None:
        """Ask the phone to call somebody else itself. Raises: api.SipCallError, api.ServerError."""
        await self.lk.sip.transfer_sip_participant(
            api.TransferSIPParticipantRequest(
                room_name=self.room, participant_identity=identity, transfer_to=to
            )
        )

    @asynccontextmanager
    async def called(self) -> AsyncIterator[Witness]:
        """Yield the room of a phone that calls, with a witness in it."""
        async with asyncio.timeout(_LIMIT_S):
            while True:
                found = await self.lk.room.list_rooms(api.ListRoomsRequest())
                called = [room.name for room in found.rooms if room.name.startswith(PREFIX)]
                if called:
                    break
                await asyncio.sleep(_LOOK_AGAIN_S)
        self.room = called[-1]
        async with witness(self.network, self.room) as there:
            yield there
        await self.lk.room.delete_room(api.DeleteRoomRequest(room=self.room))

    async def participant(self, identity: str = PHONE) -> api.ParticipantInfo:
        return await self.lk.room.get_participant(
            api.RoomParticipantIdentity(room=self.room, identity=identity)
        )

    async def trunk_to(self, address: str) -> str:
        """Make an outbound trunk to this address, and return its id."""
        trunk = api.SIPOutboundTrunkInfo(name="out", address=address, numbers=[OUR_NUMBER])
        made = await self.lk.sip.create_outbound_trunk(api.CreateSIPOutboundTrunkRequest(trunk=trunk))
        return made.sip_trunk_id


@asynccontextmanager
async def exchange(network: PhoneNetwork, phone: Softphone) -> AsyncIterator[Exchange]:
    """Make the trunks and the rule that calls need."""
    livekit = network.livekit
    async with api.LiveKitAPI(livekit.url, livekit.api_key, livekit.api_secret) as lk:
        made = Exchange(network, phone, lk, "")
        made.trunk = await made.trunk_to(phone.address)
        trunk = api.SIPInboundTrunkInfo(name="in", numbers=[LINE])
        inbound = await lk.sip.create_inbound_trunk(api.CreateSIPInboundTrunkRequest(trunk=trunk))
        rule = api.SIPDispatchRule(dispatch_rule_individual=api.SIPDispatchRuleIndividual(room_prefix=PREFIX))
        unruled = api.SIPInboundTrunkInfo(name="no rule", numbers=[UNRULED])
        await lk.sip.create_inbound_trunk(api.CreateSIPInboundTrunkRequest(trunk=unruled))
        await lk.sip.create_dispatch_rule(
            api.CreateSIPDispatchRuleRequest(
                name="each call its room",
                trunk_ids=[inbound.sip_trunk_id],
                rule=rule,
                attributes={"line": "main"},
            )
        )
        yield made
