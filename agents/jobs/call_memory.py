"""What an agent knows that goes on with a call in another's place: all that the store has of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from livekit.agents.llm import ChatContext

from agents.call.active_call import ActiveCall
from agents.call.open_call import start_call
from agents.roster.role import Role
from agents.roster.roster import Roster
from agents.roster.shared_prompts import NoteWords, fill
from agents.session.context import facts_of, facts_text, notes_text
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
from transfer.states import TERMINAL

log = logging.getLogger(__name__)

_CONNECT_LIMIT_S = 10.0


@dataclass(frozen=True, slots=True)
class Memory:
    """A call's handoffs, the oldest first, and operators' notes for its agents."""

    handoffs: Sequence[Handoff] = ()
    notes: Sequence[str] = ()

    @property
    def open_handoff(self) -> Handoff | None:
        return next((handoff for handoff in self.handoffs if handoff.state not in TERMINAL), None)

    @property
    def completed(self) -> Sequence[Handoff]:
        return [handoff for handoff in self.handoffs if handoff.state is HandoffState.COMPLETED]

    @property
    def summary(self) -> Summary | None:
        """What the lost holder was told when it took the call over."""
        return from_row(self.completed[-1]) if self.completed else None


async def start_with_memory(call: ActiveCall) -> Memory:
    """Join the room, and start with all that the store has of the call."""
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
    """Read it. If the store does not answer, the memory is empty: the caller comes first."""
    try:
        handoffs, requests = await asyncio.gather(
            store.handoffs(call_id=call_id, limit=1_000), store.requests(call_id, state=RequestState.DONE)
        )
    except StoreError as error:
        log.warning("the call's past was not read", extra={"call": call_id, "error": str(error)})
        return Memory()
    completed = [handoff for handoff in handoffs if handoff.state is HandoffState.COMPLETED]
    notes = [note for handoff in completed for note in handoff.told_notes]
    notes += [request.words for request in requests if request.kind is RequestKind.NOTE]
    return Memory(tuple(reversed(handoffs)), notes)


def remembered_facts(
    roster: Roster, role: Role, memory: Memory, attributes: Mapping[str, str]
) -> dict[str, str]:
    """What the lost agent knew, from the caller's attributes and its colleagues' summaries."""
    facts: dict[str, str] = {}
    for handoff in memory.completed:
        if handoff.from_role in roster.roles:
            facts |= facts_of(roster.role(handoff.from_role), attributes)
        if summary := from_row(handoff):
            facts |= summary.facts
    return facts | facts_of(role, attributes)


def remembered(
    words: NoteWords, memory: Memory, turns: Sequence[Turn], facts: Mapping[str, str]
) -> ChatContext:
    """The context to continue with: notes first, then the turns of both sides."""
    context = ChatContext.empty()
    context.add_message(role="system", content="\n\n".join(_notes(words, memory, facts)))
    for turn in turns:
        heard = turn.speaker in {CALLER, OPERATOR}
        context.add_message(role="user" if heard else "assistant", content=turn.text)
    return context


def _notes(words: NoteWords, memory: Memory, facts: Mapping[str, str]) -> list[str]:
    parts = [words.cut_off]
    if memory.completed:
        last = memory.completed[-1]
        parts += [fill(words.colleague, role=last.from_role), f"{words.matter} {last.told_reason}"]
    if memory.summary:
        parts.append(f"{words.summary} {as_note(memory.summary).words}")
    if facts:
        parts.append(facts_text(words, facts))
    if memory.notes:
        parts.append(notes_text(words, *memory.notes))
    return parts
