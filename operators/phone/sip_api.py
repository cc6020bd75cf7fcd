"""livekit-server's trunks and dispatch rules. Every failure is one line that says what to do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar

import aiohttp
from livekit.api import (
    CreateSIPDispatchRuleRequest,
    CreateSIPInboundTrunkRequest,
    ListSIPDispatchRuleRequest,
    ListSIPInboundTrunkRequest,
    LiveKitAPI,
    ServerError,
    SIPDispatchRuleInfo,
    SIPInboundTrunkInfo,
)

from errors import BadInput, OutOfReach
from settings import LiveKitSettings

T = TypeVar("T")

URL = "LIVEKIT_URL"
_LIMIT_S = 4.0
_NO_REDIS = "redis required"


class NoSip(OutOfReach):
    """livekit-server has no SIP API: it runs without Redis."""


class SipApi:
    """One livekit-server's SIP API. Requests raise BadInput: NoSip, or OutOfReach if it does not answer."""

    def __init__(self, api: LiveKitAPI) -> None:
        self._sip = api.sip

    async def trunks(self) -> Sequence[SIPInboundTrunkInfo]:
        return (await _answer(self._sip.list_inbound_trunk(ListSIPInboundTrunkRequest()))).items

    async def rules(self) -> Sequence[SIPDispatchRuleInfo]:
        return (await _answer(self._sip.list_dispatch_rule(ListSIPDispatchRuleRequest()))).items

    async def make_trunk(self, trunk: SIPInboundTrunkInfo) -> SIPInboundTrunkInfo:
        return await _answer(self._sip.create_inbound_trunk(CreateSIPInboundTrunkRequest(trunk=trunk)))

    async def change_trunk(self, trunk: SIPInboundTrunkInfo) -> None:
        await _answer(self._sip.update_inbound_trunk(trunk.sip_trunk_id, trunk))

    async def make_rule(self, rule: SIPDispatchRuleInfo) -> SIPDispatchRuleInfo:
        request = CreateSIPDispatchRuleRequest(dispatch_rule=rule)
        return await _answer(self._sip.create_dispatch_rule(request))

    async def change_rule(self, rule: SIPDispatchRuleInfo) -> None:
        await _answer(self._sip.update_dispatch_rule(rule.sip_dispatch_rule_id, rule))


@asynccontextmanager
async def open_sip_api(access: LiveKitSettings) -> AsyncIterator[SipApi]:
    async with LiveKitAPI(access.url, access.api_key, access.api_secret.get_secret_value()) as api:
        yield SipApi(api)


async def _answer(asked: Awaitable[T]) -> T:
    try:
        async with asyncio.timeout(_LIMIT_S):
            return await asked
    except ServerError as error:
        if _NO_REDIS in error.message:
            right = "give livekit-server a redis: section, and run livekit-sip with the same Redis"
            raise NoSip(URL, "this livekit-server has no SIP: it runs without Redis", right) from error
        if error.status in (401, 403):
            right = "give LIVEKIT_API_KEY a key of this server"
            raise BadInput(URL, "livekit-server does not let this key manage SIP", right) from error
        # The message names only trunks and our own numbers.
        raise BadInput(URL, f"livekit-server refuses it: {error.message[:300]}", "correct that") from error
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise OutOfReach(URL, "livekit-server does not answer", "start it, or correct the address") from error
