"""People at their desks, and callers who want them."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from clock import SystemClock
from local.caller.tape import RATE_HZ, Samples
from local.desk.care_team import ROLE
from local.desk.client import Desk, OwnRoom, Refused, open_desk
from local.processes import Program, running
from local.speech import CALLER, synthesize
from local.stack import Stack
from operators.auth.access import add_operator, renew_operator
from persistence.access import Right
from persistence.engines import open_store
from persistence.people import EntryState, Offer, Presence, QueueEntry
from persistence.records import Handoff, HandoffState
from tests.support.conversation import Conversation, conversation, until
from transfer.states import TERMINAL

MIA, BEN = "Mia", "Ben"
FRONT = "front-desk"
ASKS = "I would like to speak with a real person"
HELPS = "good morning how can I help you today"
RINGS_S = 8.0
EXPERTS = "experts"
_EXPERTS = f"""---
role: {EXPERTS}
name: our experts
voice: austin
kind: person
people: [{BEN}]
rings_s: 60
otherwise: queue
---
"""
_LIMIT_S = 30.0
_START_LIMIT_S = 30.0


@dataclass(frozen=True, slots=True)
class Floor:
    """The stack, and a folder for one test."""

    stack: Stack
    folder: Path

    @property
    def address(self) -> str:
        return self.stack.console.partition("#")[0]

    @asynccontextmanager
    async def at_desk(self, name: str) -> AsyncIterator[Desk]:
        """Yield the desk of a person who is available, and away after the block."""
        async with open_desk(self.address, await self._token(name)) as desk:
            await desk.is_available()
            try:
                yield desk
            finally:
                with suppress(Refused):
                    await desk.is_away()

    @asynccontextmanager
    async def in_a_browser(self, name: str, *, muted: bool = False) -> AsyncIterator[Program]:
        """Run a person in a process of their own, who takes every call and talks until it is over.

        It is ready when the desk is open. The same person may be started again after being killed. `muted`:
        they say one line, then mute their microphone.
        """
        token = self.folder / f"{name}.token"
        if not token.exists():
            token.write_text(await self._token(name), encoding="utf-8")
        async with running(
            f"{name}'s desk",
            [sys.executable, "-m", "local.desk", self.address, str(token), *["--muted"] * muted],
            env={"PYTHONUNBUFFERED": "1"},
            log=self.folder / f"{name}.log",
            ready=lambda line: "the desk is open" in line,
            limit_s=_START_LIMIT_S,
        ) as program:
            yield program

    @asynccontextmanager
    async def asks_for_a_person(self) -> AsyncIterator[Conversation]:
        """Yield a caller whom the front desk has greeted, and who has asked for a person."""
        async with conversation(self.stack) as talk:
            await talk.is_greeted()
            await talk.says(ASKS)
            yield talk

    async def presence(self, name: str) -> Presence:
        async with open_store(self.stack.store, read_only=True) as store:
            return next(one for one in await store.presences() if one.person == name)

    async def holds(self, name: str, *rights: Right) -> None:
        """Replace the person's rights with these, and reissue their token."""
        async with open_store(self.stack.store) as store:
            await renew_operator(store, name, rights=frozenset(rights), expires_at=None)

    async def _token(self, name: str) -> str:
        async with open_store(self.stack.store) as store:
            if name in {one.name for one in await store.operators()}:
                return await renew_operator(store, name, rights=None, expires_at=None)
            return await add_operator(store, name, frozenset({Right.DESK}), SystemClock())


def write_experts(roster: Path) -> None:
    """Add a role whose callers wait in line for its people. The front desk hands over to it."""
    (roster / f"{EXPERTS}.md").write_text(_EXPERTS, encoding="utf-8")
    front = roster / f"{FRONT}.md"
    written = front.read_text(encoding="utf-8")
    front.write_text(written.replace(f", {ROLE}", f", {ROLE}, {EXPERTS}", 1), encoding="utf-8")


@asynccontextmanager
async def in_a_talk(
    talk: Conversation, desk: Desk, *, accepted: bool = False, again: bool = False
) -> AsyncIterator[OwnRoom]:
    """Let the person take the caller and speak all the time.

    `accepted`: the offer is accepted already. `again`: the page is reloaded in a talk.
    """
    if not accepted and not again:
        await desk.accept(await desk.rings(limit_s=_LIMIT_S))
    async with desk.enter(await desk.talk(limit_s=_LIMIT_S)) as room:
        if not again:
            await room.is_shown("brief")
            await room.does("put_through")
        await room.is_shown("talking")
        speaking = asyncio.create_task(room.talks(line_of(HELPS)))
        try:
            if not again:
                await talk.meets_another(hears_out=False)
            yield room
        finally:
            speaking.cancel()
            await asyncio.gather(speaking, return_exceptions=True)


async def talks_with(talk: Conversation, name: str) -> None:
    """Waits until the caller hears a person who takes calls in a process of their own."""
    await is_with(talk, ROLE)
    await talk.meets_another(hears_out=False)
    assert [one.person for one in await offers_of(talk)] == [name]


def line_of(words: str) -> Samples:
    return synthesize(words, CALLER, sample_rate=RATE_HZ).samples


async def is_with(talk: Conversation, role: str) -> None:
    """Waits until this role holds the call."""

    async def look() -> bool:
        return (await talk.call()).holder_role == role

    await until(look, f"a call with {role}", limit_s=_LIMIT_S)


async def offers_of(talk: Conversation) -> Sequence[Offer]:
    return await talk.store.offers(call_id=(await talk.call()).id)


async def talk_is_over(talk: Conversation) -> Offer:
    """Waits for the talk's end, and returns its row."""

    async def look() -> Offer | None:
        return next((one for one in await offers_of(talk) if one.ended_at is not None), None)

    return await until(look, "the end of the talk", limit_s=_LIMIT_S)


async def entry_of(talk: Conversation) -> QueueEntry:
    entry = await talk.store.entry_of((await talk.call()).id)
    assert entry is not None
    return entry


async def ended_once(talk: Conversation, *states: HandoffState) -> Sequence[Handoff]:
    """Waits until the call's handoffs have ended in these states, each exactly once; returns them."""

    async def look() -> bool:
        return [row.state for row in await talk.handoffs()] == list(states)

    await until(look, f"handoffs in {states}", limit_s=_LIMIT_S)
    rows, events = await talk.handoffs(), await talk.events()
    for row in rows:
        ends = [one.moved_to for one in events if one.subject == row.id and one.moved_to in TERMINAL]
        assert ends == [row.state], "one terminal row"
    return rows


async def nothing_rings(talk: Conversation) -> None:
    """Waits until the caller's entry and offers have ended."""

    async def look() -> bool:
        entry = await talk.store.entry_of((await talk.call()).id)
        offers = await offers_of(talk)
        over = entry is not None and entry.state not in {
            EntryState.WAITING,
            EntryState.OFFERED,
            EntryState.TAKEN,
        }
        return over and not any(one.outcome is None or one.is_talk for one in offers)

    await until(look, "an empty queue", limit_s=_LIMIT_S)
