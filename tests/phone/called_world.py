"""Baton with telephones: the stack on a telephone network, a trunk, and a softphone at its other end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from livekit import api
from livekit.protocol.sip import SIP_TRANSPORT_UDP

from clock import SystemClock
from local.phone.network import PhoneNetwork, phone_network
from local.phone.softphone import Softphone, softphone
from local.scripted import DEMO
from local.stack import Stack, local_stack
from operators.acts import ActContext, cancel, press_keys, start_handoff
from persistence.contract.store import Store
from persistence.engines import open_store
from persistence.phones import Dial, DialState
from persistence.records import CallId, Handoff, RoleName
from tests.phone.on_call import ANNAS, BENS, CALLER_ID, ON_CALL, TRUNK, add_on_call
from tests.support.conversation import ROW_LIMIT_S, Conversation, until
from tests.support.night_desk import make_roster
from transfer.keys_protocol import Leg
from transfer.livekit.server_api import ServerApi

OPERATOR = "Mia"
_BETWEEN_KEYS_S = 1.0
EXTENSION = "ww12#"
"""Anna's extension, behind a menu: two pauses, then keys."""
PEOPLE = f"""---
people:
  - {{name: Anna, phone: {{number: "{ANNAS}", keys: "{EXTENSION}"}}}}
  - {{name: Ben, phone: "{BENS}"}}
---
"""
ROLE = f"""---
role: {ON_CALL}
kind: person
name: the engineer on call
voice: hannah
people: [Anna]
rings_s: 12
phone: {{trunk: {TRUNK}, caller_id: "{CALLER_ID}", calls_a_day: 1000, minutes_a_day: 1440}}
---
"""

LEAVES = "field"
"""The role whose callers leave the call for its person's telephone."""

SENDS = "warehouse"
"""The role whose callers are sent to its person's number without asking them."""
_HEADERS = 'refer_headers: {Diversion: "<sip:{called}@provider>"}'


def _leaves(role: str, fields: str) -> str:
    named = ROLE.replace(f"role: {ON_CALL}", f"role: {role}").replace("[Anna]", "[Ben]")
    return named.replace("1440}", f'1440, refer_to: "sip:{{number}}@ADDRESS"{fields}}}')


@dataclass(frozen=True, slots=True)
class PhoneWorld:
    """`phone` rings for every number that is called over the trunk. `folder`: everything that is written."""

    folder: Path
    stack: Stack
    network: PhoneNetwork
    phone: Softphone
    store: Store
    server: ServerApi

    async def hands_over(self, talk: Conversation, reason: str = "They were charged twice.") -> Handoff:
        """Let an operator hand the caller to the person who is called."""
        return await self.hands_over_call((await talk.call()).id, reason)

    async def hands_over_call(
        self, call: CallId, reason: str = "They were charged twice.", *, to: str = ON_CALL
    ) -> Handoff:
        row, _ = await start_handoff(self._acts, call, RoleName(to), reason=reason, by=OPERATOR)
        return row

    async def presses(self, call: CallId, keys: str, leg: Leg) -> None:
        """Let an operator press keys for one telephone of the call. Returns once they were sent."""
        await press_keys(self._acts, call, keys, leg, by=OPERATOR)

    async def cancels(self, row: Handoff) -> None:
        await cancel(self._acts, row.id, by=OPERATOR)

    async def dials(self, talk: Conversation) -> list[Dial]:
        return list(await self.store.dials((await talk.call()).id))

    async def dial_in(self, talk: Conversation, *states: DialState, number: int = 1) -> Dial:
        """Wait until the call's `number`-th dial is in one of these states; fail if it ends in another."""

        async def look() -> Dial | None:
            found = await self.dials(talk)
            if len(found) < number:
                return None
            dial = found[number - 1]
            if dial.state in states:
                return dial
            assert dial.state.is_open, f"dial {number} ended in {dial.state}"
            return None

        limit_s = 2 * ROW_LIMIT_S  # a silent person is asked twice
        return await until(look, f"dial {number} in {' or '.join(states)}", limit_s=limit_s)

    async def accepts(self, call_id: CallId) -> None:
        """Press 1 on the telephone repeatedly: a key counts only once the person is asked."""
        async with asyncio.timeout(2 * ROW_LIMIT_S):
            while not any(dial.state is DialState.ACCEPTED for dial in await self.store.dials(call_id)):
                await self.phone.press("1")
                await asyncio.sleep(_BETWEEN_KEYS_S)

    async def nobody_is_left(self, call_id: CallId) -> None:
        """Wait until every line of the call is free again."""

        async def look() -> bool:
            return all(dial.gone_at is not None for dial in await self.store.dials(call_id))

        await until(look, "nobody on a line of the call")

    @property
    def _acts(self) -> ActContext:
        roles = frozenset(map(RoleName, (ON_CALL, LEAVES, SENDS, "front-desk", "billing")))
        return ActContext(self.store, self.server, roles, SystemClock(), handoffs_per_call=50)


@asynccontextmanager
async def phone_world(
    folder: Path,
    *,
    script: Path = DEMO,
    role: str = ROLE,
    settings: Mapping[str, str] | None = None,
) -> AsyncIterator[PhoneWorld]:
    """Run Baton with telephones. Raises: SetupFailed."""
    roster = folder / "roster"
    make_roster(roster)
    async with AsyncExitStack() as stack:
        network = await stack.enter_async_context(phone_network(folder))
        phone = await stack.enter_async_context(softphone(ANNAS))
        add_on_call(roster, people=PEOPLE, role=role)
        for name, fields in ((LEAVES, ""), (SENDS, f", refer: blind, {_HEADERS}")):
            role = _leaves(name, fields).replace("ADDRESS", phone.address)
            (roster / f"{name}.md").write_text(role, encoding="utf-8")
        livekit = network.livekit
        server = await stack.enter_async_context(
            api.LiveKitAPI(livekit.url, livekit.api_key, livekit.api_secret)
        )
        trunk = api.SIPOutboundTrunkInfo(
            name=TRUNK, address=phone.address, numbers=[CALLER_ID], transport=SIP_TRANSPORT_UDP
        )
        await server.sip.create_outbound_trunk(api.CreateSIPOutboundTrunkRequest(trunk=trunk))
        env = {"BATON_ROSTER_FOLDER": str(roster), "BATON_HANDOFFS_PER_CALL": "50", **(settings or {})}
        running = await stack.enter_async_context(
            local_stack(folder, script=script, settings=env, stand_in_always=True, livekit=livekit)
        )
        store = await stack.enter_async_context(open_store(running.store))
        yield PhoneWorld(folder, running, network, phone, store, ServerApi(server, running.agent_name))
