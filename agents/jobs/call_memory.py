"""What an agent knows when it continues another agent's call: everything that the store has about it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from livekit.agents.llm import ChatContext

from agents.call.active_call import ActiveCall
from agents.call.open_call import start_call
from agents.roster.checked import fill
from agents.roster.model_words import NoteWords
from agents.roster.role import Role
from agents.roster.roster import Roster
from agents.session.context import Data, facts_of, notes_text, system_context
from agents.tools.fact import facts_of_uses
from errors import StoreError
from persistence.contract.store import Store
from persistence.records import (
    CALLER,
    OPERATOR,
    CallId,
    Handoff,
    HandoffState,
    RequestKind,
    RequestState,
    Turn,
)
from transfer.holder.summary import as_note, from_row
from transfer.ports import Summary
from transfer.protocol import Fact, facts_with

log = logging.getLogger(__name__)

_CONNECT_LIMIT_S = 10.0


@dataclass(frozen=True, slots=True)
class Memory:
    """A call's handoffs, oldest first, operators' notes for its agents, and what tools found or did."""

    handoffs: Sequence[Handoff] = ()
    notes: Sequence[str] = ()
    tool_facts: dict[str, Fact] = field(default_factory=dict)

    @property
    def open_handoff(self) -> Handoff | None:
        return next((handoff for handoff in self.handoffs if not handoff.is_over), None)

    @property
    def completed(self) -> Sequence[Handoff]:
        return [handoff for handoff in self.handoffs if handoff.state is HandoffState.COMPLETED]

    @property
    def summary(self) -> Summary | None:
        """The summary that the lost holder got when it took the call over."""
        return from_row(self.completed[-1]) if self.completed else None


async def start_with_memory(call: ActiveCall) -> Memory:
    """Join the room, and start the session with everything that the store has about the call."""
    async with asyncio.timeout(_CONNECT_LIMIT_S):
        memory, _, _ = await asyncio.gather(
            remember(call.store, call.row.id), call.turns.load(), call.ctx.connect()
        )
    caller = call.ctx.room.remote_participants.get(call.row.caller)
    roster = call.process.roster
    call.facts.update(remembered_facts(roster, call.role, memory, caller.attributes if caller else {}))
    call.notes.extend(memory.notes)
    await start_call(call, remembered(roster.house.notes, memory, call.turns.turns, call.facts))
    return memory


async def remember(store: Store, call_id: CallId) -> Memory:
    """Read the call's memory. If the store does not answer, it is empty: the caller comes first."""
    try:
        handoffs, requests, uses = await asyncio.gather(
            store.handoffs(call_id=call_id, limit=1_000),
            store.requests(call_id, state=RequestState.DONE),
            store.tool_uses(call_id),
        )
    except StoreError as error:
        log.warning("the call's past was not read", extra={"call": call_id, "error": str(error)})
        return Memory()
    completed = [handoff for handoff in handoffs if handoff.state is HandoffState.COMPLETED]
    notes = [note for handoff in completed for note in handoff.told_notes]
    notes += [request.words for request in requests if request.kind is RequestKind.NOTE]
    return Memory(tuple(reversed(handoffs)), notes, facts_of_uses(uses))


def remembered_facts(
    roster: Roster, role: Role, memory: Memory, attributes: Mapping[str, str]
) -> dict[str, Fact]:
    """Return what the lost agent knew, from the caller's attributes, colleagues' summaries and tools."""
    facts: dict[str, Fact] = {}
    for handoff in memory.completed:
        if handoff.from_role in roster.roles:
            facts |= facts_of(roster.role(handoff.from_role), attributes)
        if summary := from_row(handoff):
            facts = facts_with(facts, summary.facts)
    return facts | memory.tool_facts | facts_of(role, attributes)


def remembered(
    words: NoteWords, memory: Memory, turns: Sequence[Turn], facts: Mapping[str, Fact]
) -> ChatContext:
    """Return the context to continue with: notes, what is known as data, and both sides' turns."""
    context = system_context(words, _notes(words, memory), _data(memory, facts))
    for turn in turns:
        heard = turn.speaker in {CALLER, OPERATOR}
        context.add_message(role="user" if heard else "assistant", content=turn.text)
    return context


def _notes(words: NoteWords, memory: Memory) -> list[str]:
    parts = [words.cut_off]
    if memory.completed:
        parts.append(fill(words.colleague, role=memory.completed[-1].from_role))
    if memory.notes:
        parts.append(notes_text(words, *memory.notes))
    return parts


def _data(memory: Memory, facts: Mapping[str, Fact]) -> Data:
    return Data(
        matter=memory.completed[-1].told_reason if memory.completed else "",
        summary=as_note(memory.summary).words if memory.summary else "",
        facts=facts,
    )
