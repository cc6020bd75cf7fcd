"""The line of `make dev PHONE=1`: the number that a telephone on this machine calls."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import SecretStr

from local.phone.demo.roster import LINE
from local.phone.network import PhoneNetwork
from local.stack import Stack
from operators.phone.line import Wanted
from operators.phone.set_up import set_up
from operators.phone.sip_api import open_sip_api
from settings import LiveKitSettings


async def lead(stack: Stack, numbers: Sequence[str]) -> str:
    """Create trunk and rule, as `baton phone set-up` does, and return a number. `numbers`: house.md's."""
    livekit = stack.livekit
    secret = SecretStr(livekit.api_secret)
    access = LiveKitSettings(url=livekit.url, api_key=livekit.api_key, api_secret=secret)
    ours = tuple(numbers) or (LINE,)
    async with open_sip_api(access) as server:
        await set_up(server, Wanted(stack.agent_name, numbers=ours))
    return ours[0]


def how_to_call(network: PhoneNetwork, number: str) -> list[str]:
    """Return lines for the terminal that say how to call."""
    return [
        f".venv/bin/python -m local.phone.call {number} {network.address}   (in another terminal)",
        f"or with a SIP client, without registering: sip:{number}@{network.address} (UDP, G.711)",
    ]
