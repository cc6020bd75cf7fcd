"""Baton on a telephone network, with telephones at the other end: each has a role of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TypeVar

from livekit import api
from livekit.protocol.sip import SIP_TRANSPORT_UDP

from bench.support.environment import LATENCIES, NotMeasured
from clock import SystemClock
from local.caller.caller import Caller
from local.caller.token import caller_token
from local.demo.progress import Progress
from local.phone.network import PhoneNetwork, phone_network
from local.phone.softphone import Softphone, softphone
from local.shorter_roster import make_roster
from local.stack import Stack, local_stack
from operators.acts import ActContext, cancel, start_handoff
from persistence.contract.store import Store
from persistence.engines import open_store
from persistence.phones import Dial, DialState
from persistence.records import CallId, Handoff, HandoffState, JobId, RoleName
from transfer.livekit.server_api import ServerApi
from transfer.protocol import AnswerCall

FRONT_DESK = RoleName("front-desk")
REASON = "you were charged twice for your last invoice"
_OPERATOR = "bench"
_CALLER_ID = "+15550199"
_RINGS_S = 10
_NOBODY_THERE = "127.0.0.1:9"
_HANDOFFS = 100
_LIMIT_S = 60.0
_LOOK_S = 0.05
_PAUSE_S = 0.7
_ROLE = """---
role: {role}
kind: person
name: the engineer on call
voice: hannah
people: [{person}]
rings_s: {rings_s}
phone: {{trunk: {role}, caller_id: "{caller_id}", calls_a_day: 1000, minutes_a_day: 1440}}
---
"""
_names = count(1)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Line:
    """One telephone, and the role whose only person is called there."""

    role: RoleName
    phone: Softphone


@dataclass(frozen=True, slots=True)
class Lines:
    """The stack. `folder` is for sounds; `nobody`: a role whose trunk leads to no telephone."""

    stack: Stack
    network: PhoneNetwork
    store: Store
    server: api.LiveKitAPI
    acts: ActContext
    lines: Sequence[Line]
    nobody: RoleName
    folder: Path

    @asynccontextmanager
    async def talk(self, line: Line) -> AsyncIterator[Talk]:
        """Yield a talk with a new caller, whom the front desk has greeted. Raises: TimeoutError."""
        livekit, room = self.stack.livekit, f"bench-phone-{next(_names)}"
        token = caller_token(
            livekit.api_key,
            livekit.api_secret,
            room=room,
            identity="caller",
            agent_name=self.stack.agent_name,
            metadata=AnswerCall(role=FRONT_DESK).model_dump_json(),
        )
        try:
            async with Caller.join(livekit.url, token) as caller:
                await caller.hears(since_ms=0, limit_s=_LIMIT_S)
                await caller.hears_out(pause_s=_PAUSE_S, limit_s=_LIMIT_S)
                yield Talk(self, line, caller, await self._call_in(room))
        finally:
            with suppress(api.ServerError):  # it is gone already
                await self.server.room.delete_room(api.DeleteRoomRequest(room=room))

    async def tried(
        self, line: Line, progress: Progress, what: str, one: Callable[[Talk], Awaitable[T]]
    ) -> T | None:
        """Return what `one` measures in a talk of its own. On failure report it, free the line: None."""
        try:
            async with self.talk(line) as talk:
                return await one(talk)
        except (NotMeasured, TimeoutError) as why:
            progress.note(f"not measured: {what}: {why}", style="red")
            await line.phone.hang_up()
            return None

    async def _call_in(self, room: str) -> CallId:
        async def look() -> CallId | None:
            return next((call.id for call in await self.store.calls() if call.room == room), None)

        return await until(look, "a call's row")


class Talk:
    """A caller, and the handoffs to one telephone's person."""

    def __init__(self, lines: Lines, line: Line, caller: Caller, call: CallId) -> None:
        self.caller, self.call = caller, call
        self.phone = line.phone
        self._lines, self._line = lines, line

    async def hands_over(self, role: RoleName | None = None) -> Handoff:
        role = role or self._line.role
        handoff, _ = await start_handoff(self._lines.acts, self.call, role, reason=REASON, by=_OPERATOR)
        return handoff

    async def cancels(self, handoff: Handoff) -> None:
        await cancel(self._lines.acts, handoff.id, by=_OPERATOR)

    async def ends(self, handoff: Handoff) -> Handoff:
        """Wait until the handoff is over. Raises: NotMeasured."""

        async def look() -> Handoff | None:
            row = await self._lines.store.handoff(handoff.id)
            return row if row is not None and row.is_over else None

        return await until(look, "the end of a handoff")

    async def dial(self, number: int, *states: DialState) -> Dial:
        """Wait until the `number`-th dial is in one of these states, or has ended. Raises: NotMeasured."""

        async def look() -> Dial | None:
            found = await self.dials()
            dial = found[number - 1] if len(found) >= number else None
            return dial if dial is not None and (dial.state in states or not dial.state.is_open) else None

        return await until(look, f"dial {number} in {' or '.join(states)}")

    async def dials(self) -> Sequence[Dial]:
        return await self._lines.store.dials(self.call)

    async def is_free(self) -> None:
        """Wait until nobody is on the line any more. Raises: NotMeasured."""

        async def look() -> bool:
            return all(dial.gone_at is not None for dial in await self.dials())

        await until(look, "a free line")

    async def is_told(self) -> None:
        """Wait until the desk that has the caller back has finished speaking."""
        await self.caller.hears(limit_s=_LIMIT_S)
        await self.caller.hears_out(pause_s=_PAUSE_S, limit_s=_LIMIT_S)

    async def ended(self) -> None:
        """Wait for the end of the call's row. Raises: NotMeasured."""

        async def look() -> bool:
            call = await self._lines.store.call(self.call)
            return call is not None and call.ended_at is not None

        await until(look, "the end of a call")

    async def target_job(self, handoff: Handoff) -> JobId:
        """Wait for the proxy's job. Raises: NotMeasured."""

        async def look() -> JobId | None:
            row = await self._lines.store.handoff(handoff.id)
            return row.target_job if row is not None else None

        return await until(look, "a proxy")


async def until(look: Callable[[], Awaitable[T | None]], awaited: str, *, limit_s: float = _LIMIT_S) -> T:
    """Poll `look` and return its first true result. Raises: NotMeasured."""
    try:
        async with asyncio.timeout(limit_s):
            while not (seen := await look()):  # noqa: ASYNC110 - the store tells other processes nothing
                await asyncio.sleep(_LOOK_S)
            return seen
    except TimeoutError:
        raise NotMeasured(f"not seen within {limit_s:g} s: {awaited}") from None


def was_accepted(handoff: Handoff) -> bool:
    return handoff.state is HandoffState.COMPLETED


@asynccontextmanager
async def open_lines(
    folder: Path, phones: int, *, script: Path, on_step: Callable[[str], None]
) -> AsyncIterator[Lines]:
    """Run the stack with this many telephones, in a folder that exists. Raises: SetupFailed, BadInput."""
    roles = [RoleName(f"on-call-{number}") for number in range(1, phones + 2)]
    roster = _roster(folder / "roster", roles)
    async with AsyncExitStack() as stack:
        network = await stack.enter_async_context(phone_network(folder, on_step=on_step))
        livekit = network.livekit
        server = await stack.enter_async_context(
            api.LiveKitAPI(livekit.url, livekit.api_key, livekit.api_secret)
        )
        telephones = [
            await stack.enter_async_context(softphone(_number(place))) for place in range(1, phones + 1)
        ]
        addresses = [phone.address for phone in telephones]
        for role, address in zip(roles, [*addresses, _NOBODY_THERE], strict=True):
            trunk = api.SIPOutboundTrunkInfo(
                name=role, address=address, numbers=[_CALLER_ID], transport=SIP_TRANSPORT_UDP
            )
            await server.sip.create_outbound_trunk(api.CreateSIPOutboundTrunkRequest(trunk=trunk))
        settings = {"BATON_ROSTER_FOLDER": str(roster), "BATON_HANDOFFS_PER_CALL": str(_HANDOFFS)}
        running = await stack.enter_async_context(
            local_stack(
                folder,
                script=script,
                settings=settings,
                latencies=LATENCIES,
                stand_in_always=True,
                livekit=livekit,
            )
        )
        on_step(f"{phones} telephones, and a worker")
        store = await stack.enter_async_context(open_store(running.store))
        named = frozenset({FRONT_DESK, *roles})
        acts = ActContext(
            store, ServerApi(server, running.agent_name), named, SystemClock(), handoffs_per_call=_HANDOFFS
        )
        *called, nobody = roles
        lines = [Line(role, phone) for role, phone in zip(called, telephones, strict=True)]
        yield Lines(running, network, store, server, acts, lines, nobody, folder)


def _number(place: int) -> str:
    return f"+1555010{place:04}"


def _roster(folder: Path, roles: Sequence[RoleName]) -> Path:
    make_roster(folder)
    people = [f'  - {{name: Anna{place}, phone: "{_number(place)}"}}\n' for place in range(1, len(roles) + 1)]
    (folder / "people.md").write_text(f"---\npeople:\n{''.join(people)}---\n", encoding="utf-8")
    for place, role in enumerate(roles, start=1):
        written = _ROLE.format(role=role, person=f"Anna{place}", rings_s=_RINGS_S, caller_id=_CALLER_ID)
        (folder / f"{role}.md").write_text(written, encoding="utf-8")
    house = folder / "house.md"
    fields = '---\nphone: {prefixes: ["+1555"]}\n'
    house.write_text(house.read_text(encoding="utf-8").replace("---\n", fields, 1), encoding="utf-8")
    return folder
