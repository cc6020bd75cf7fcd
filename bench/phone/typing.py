"""Types numbers on softphones, through the test gateway and real rooms, into calls that ask for them."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, cast

from livekit import api, rtc

from agents.keys.key_pad import KeyPad
from agents.keys.question import DigitQuestion
from agents.roster.keys import KeysEntry
from agents.roster.shared_prompts import HouseLines
from bench.support.environment import NotMeasured
from local.caller.caller import connected
from local.phone.network import PhoneNetwork
from local.phone.softphone import softphone

DIGITS = 12
_ENTRY = KeysEntry.model_validate({"name": "number", "digits": str(DIGITS), "says": "Please type it."})
_ECHOES = 0.5
_ECHO_S = 0.05
_LATE_S = (0.0, 0.6)
_ANSWER_S = 15.0
_TYPING_S = 30.0


@dataclass(frozen=True, slots=True)
class Typed:
    """What a caller typed, and what arrived of it."""

    number: str
    arrived: str


class Echoing:
    """A room that sometimes reports a key twice, as a trunk does that sends keys as tones too."""

    def __init__(self, room: rtc.Room, chance: random.Random) -> None:
        self._room, self._chance = room, chance

    def on(self, event: str, tell: Callable[[Any], None]) -> None:
        def twice(key: Any) -> None:
            tell(key)
            if self._chance.random() < _ECHOES:
                asyncio.get_running_loop().call_later(self._chance.uniform(0, _ECHO_S), tell, key)

        assert event == "sip_dtmf_received"
        self._room.on("sip_dtmf_received", twice)


async def type_numbers(
    network: PhoneNetwork, lines: HouseLines, runs: int, *, phones: int, seed: int
) -> Sequence[Typed]:
    """Type `runs` numbers, spread over phones that type at once. Raises: NotMeasured."""
    chance = random.Random(seed)
    numbers = ["".join(chance.choices("0123456789", k=DIGITS)) for _ in range(runs)]
    parts = [numbers[phone::phones] for phone in range(phones)]
    try:
        found = await asyncio.gather(
            *(
                _on_one_phone(network, lines, number, part, random.Random(f"{seed} {number}"))
                for number, part in enumerate(parts)
            )
        )
    except TimeoutError as error:
        raise NotMeasured("a phone's keys did not arrive") from error
    return [each for phone in found for each in phone]


async def _on_one_phone(
    network: PhoneNetwork, lines: HouseLines, phone_number: int, numbers: Sequence[str], chance: random.Random
) -> list[Typed]:
    """Type these numbers. Each one's end key comes late, when the next number is already asked for."""
    found = []
    async with AsyncExitStack() as stack:
        phone = await stack.enter_async_context(softphone(f"+1555010{phone_number}"))
        name, ours = f"digits-{phone_number}", f"+1555020{phone_number:04}"
        await _leads(network, ours, name)
        room = await stack.enter_async_context(_answering(network, name))
        await phone.call(ours, network.address)
        await phone.until("answered", limit_s=_ANSWER_S)
        pad = KeyPad(cast(rtc.Room, Echoing(room, chance)), await _caller(room))
        question = DigitQuestion(pad, lambda _: None, lines)
        asked = asyncio.create_task(question.ask(_ENTRY))
        await asyncio.sleep(0)
        for number in numbers:
            await phone.press(number)
            async with asyncio.timeout(_TYPING_S):
                found.append(Typed(number, await asked))
            asked = asyncio.create_task(question.ask(_ENTRY))
            await asyncio.sleep(chance.uniform(*_LATE_S))
            await phone.press("#")
        asked.cancel()
    return found


async def _leads(network: PhoneNetwork, number: str, room: str) -> None:
    """Route calls to this number to this room."""
    livekit = network.livekit
    async with api.LiveKitAPI(livekit.url, livekit.api_key, livekit.api_secret) as server:
        wanted = api.SIPInboundTrunkInfo(name=room, numbers=[number])
        trunk = await server.sip.create_inbound_trunk(api.CreateSIPInboundTrunkRequest(trunk=wanted))
        direct = api.SIPDispatchRule(dispatch_rule_direct=api.SIPDispatchRuleDirect(room_name=room))
        rule = api.SIPDispatchRuleInfo(name=room, rule=direct, trunk_ids=[trunk.sip_trunk_id])
        await server.sip.create_dispatch_rule(api.CreateSIPDispatchRuleRequest(dispatch_rule=rule))


@asynccontextmanager
async def _answering(network: PhoneNetwork, name: str) -> AsyncIterator[rtc.Room]:
    """Put a silent voice in the room: the gateway answers once the room has somebody who can be heard."""
    livekit = network.livekit
    token = api.AccessToken(livekit.api_key, livekit.api_secret).with_identity("agent").with_kind("agent")
    grants = api.VideoGrants(room_join=True, room=name, agent=True)
    room = rtc.Room()
    await connected(room, livekit.url, token.with_grants(grants).to_jwt())
    try:
        voice = rtc.LocalAudioTrack.create_audio_track("voice", rtc.AudioSource(48_000, 1))
        await room.local_participant.publish_track(voice)
        yield room
    finally:
        await room.disconnect()


async def _caller(room: rtc.Room) -> str:
    async with asyncio.timeout(_ANSWER_S):
        while not room.remote_participants:  # noqa: ASYNC110 - it is there, and announced in a moment
            await asyncio.sleep(0.05)
    (caller,) = room.remote_participants
    return caller
