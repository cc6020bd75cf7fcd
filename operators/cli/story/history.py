"""Collects everything about one call or handoff for `baton show`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from errors import BatonError
from operators.cli.lookup import whole_id
from persistence.contract.store import Store
from persistence.messages import Message
from persistence.records import (
    Attempt,
    Call,
    CallId,
    Cost,
    Event,
    Handoff,
    HandoffId,
    SpentLimit,
    ToolUse,
    Trouble,
    Turn,
)

BESIDE_MS = 10_000
"""How much of the call is shown before and after a handoff."""


@dataclass(frozen=True, slots=True)
class Story:
    """A call with its handoffs, or only the handoff `about` if that is set.

    `spent`: Groq's limits that are spent now, if the call is open.
    """

    call: Call
    about: Handoff | None
    turns: Sequence[Turn]
    handoffs: Sequence[Handoff]
    attempts: Mapping[HandoffId, Sequence[Attempt]]
    events: Sequence[Event]
    troubles: Sequence[Trouble]
    costs: Sequence[Cost]
    spent: Sequence[SpentLimit]
    tool_uses: Sequence[ToolUse]
    messages: Sequence[Message]

    @property
    def start(self) -> int:
        """The zero of relative times: the start of the call, or the request of the handoff."""
        return self.about.requested_at if self.about else self.call.started_at

    @property
    def drawn(self) -> tuple[int, int]:
        """The period that the lanes show, ms UTC."""
        ends = [turn.ended_at for turn in self.turns] + [event.at for event in self.events]
        last = max([self.call.ended_at or self.call.started_at, *ends])
        if self.about is None:
            return self.call.started_at, last
        over = self.about.ended_at or last
        return max(self.call.started_at, self.start - BESIDE_MS), min(last, over + BESIDE_MS)


async def story(store: Store, typed: str) -> Story:
    """Return the story of a call or handoff, by its id or the id's first characters. Raises: BatonError."""
    found = await whole_id(store, typed)
    about = await store.handoff(HandoffId(found))
    call_id = about.call_id if about else CallId(found)
    call = await store.call(call_id)
    if call is None:  # calls are never deleted
        raise BatonError(f"there is no call or handoff with the id {typed}")
    handoffs = [about] if about else list(await store.handoffs(call_id=call_id, limit=10_000))[::-1]
    attempts = {handoff.id: await store.attempts(handoff.id) for handoff in handoffs}
    # Leave turns out: the transcript has them, and they would hide the moves here.
    events = [event for event in await store.events(call_id=call_id) if event.kind != "turn"]
    return Story(
        call=call,
        about=about,
        turns=await store.turns(call_id),
        handoffs=handoffs,
        attempts=attempts,
        events=_of(about, attempts, events) if about else events,
        troubles=await store.troubles(call_id),
        costs=await store.costs(call_id),
        spent=await store.spent_limits() if call.ended_at is None else (),
        tool_uses=await store.tool_uses(call_id),
        messages=list(await store.messages(call_id=call_id))[::-1],
    )


def _of(
    about: Handoff, attempts: Mapping[HandoffId, Sequence[Attempt]], events: Sequence[Event]
) -> Sequence[Event]:
    subjects = {str(about.id), *(str(attempt.id) for attempt in attempts[about.id])}
    return [event for event in events if event.subject in subjects]
