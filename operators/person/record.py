"""Reads everything stored about a call, and lists the texts by which a byte search could find it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from persistence.contract.store import Store
from persistence.messages import Message
from persistence.people import Offer, QueueEntry
from persistence.phones import Dial
from persistence.recording import Recording, Segment
from persistence.records import (
    CALLER,
    Attempt,
    Call,
    Cost,
    Event,
    Handoff,
    OperatorRequest,
    ToolUse,
    Trouble,
    Turn,
)

_MANY = 1_000
SHORTEST_TRACE = 6
_SHORTEST_WORDS = 24
"""Characters. Shorter words, such as "yes, please", are said in many calls."""


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One call with all its rows."""

    call: Call
    turns: Sequence[Turn]
    handoffs: Sequence[Handoff]
    attempts: Sequence[Attempt]
    requests: Sequence[OperatorRequest]
    tool_uses: Sequence[ToolUse]
    entry: QueueEntry | None  # the caller's latest wait for a person
    offers: Sequence[Offer]
    asked_in: Sequence[QueueEntry]  # second persons, and why they were asked
    dials: Sequence[Dial]
    messages: Sequence[Message]
    events: Sequence[Event]
    troubles: Sequence[Trouble]
    costs: Sequence[Cost]
    recording: Recording | None
    segments: Sequence[Segment]

    def as_json(self) -> Mapping[str, Any]:
        return asdict(self)


async def record_of(store: Store, call: Call) -> CallRecord:
    """Read all rows of a call. Raises: StoreError."""
    handoffs = list(await store.handoffs(call_id=call.id, limit=_MANY))[::-1]
    return CallRecord(
        call=call,
        turns=await store.turns(call.id),
        handoffs=handoffs,
        attempts=[attempt for handoff in handoffs for attempt in await store.attempts(handoff.id)],
        requests=await store.requests(call.id),
        tool_uses=await store.tool_uses(call.id),
        entry=await store.entry_of(call.id),
        offers=await store.offers(call_id=call.id),
        asked_in=await store.asked_in(call.id),
        dials=await store.dials(call.id),
        messages=await store.messages(call_id=call.id),
        events=await store.events(call_id=call.id),
        troubles=await store.troubles(call.id),
        costs=await store.costs(call.id),
        recording=await store.recording(call.id),
        segments=await store.segments(call.id),
    )


def traces_of(records: Sequence[CallRecord]) -> frozenset[str]:
    """Return the texts by which a byte search would find the person: who they are, and long texts."""
    return frozenset(trace for record in records for trace in _traces(record))


def _traces(record: CallRecord) -> Iterator[str]:
    call = record.call
    names = (call.caller, call.caller_name, call.caller_number, call.room)
    yield from (name for name in names if len(name) >= SHORTEST_TRACE)
    said = [turn.text for turn in record.turns if turn.speaker == CALLER]
    used = [words for use in record.tool_uses for words in (use.arguments, use.answer)]
    written = [words for offer in record.offers for words in (offer.note, offer.reason)]
    left = [words for message in record.messages for words in (message.words, message.reach)]
    written += [entry.asked_for for entry in record.asked_in]
    summaries = [handoff.summary or "" for handoff in record.handoffs]
    all_words = (*said, *used, *written, *left, *summaries)
    yield from (words for words in all_words if len(words) >= _SHORTEST_WORDS)
