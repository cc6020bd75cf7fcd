"""The context of every act, and the checks that acts share."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agents.redaction.kinds import Kind
from agents.redaction.redactor import Redactor, replaced
from errors import HandoffOpen
from operators.act_refused import CallOver, InLine, UnknownCall, WordsRefused
from persistence.contract.store import Store
from persistence.people import Offer, Person
from persistence.records import Call, CallId, RoleName
from transfer.ports import Clock

if TYPE_CHECKING:  # importing livekit.api is slow, and commands that only read do not need it
    from transfer.livekit.server_api import ServerApi

LONGEST_WORDS = 2_000
"""Characters: about two minutes of speech."""

_MARKUP = re.compile(r"</?[A-Za-z!?][^<>]*>")


@dataclass(frozen=True, slots=True)
class ActContext:
    """Made once per process. `roles` are the roster's roles; `redacts` has what each of them redacts.

    `people`: for each role that is taken at desks, the people who may take it.
    """

    store: Store
    server: ServerApi
    roles: Collection[RoleName]
    clock: Clock
    handoffs_per_call: int
    redacts: Mapping[RoleName, Collection[Kind]] = field(default_factory=dict)
    people: Mapping[RoleName, Sequence[Person]] = field(default_factory=dict)


async def open_call(context: ActContext, call_id: CallId) -> Call:
    """Return the call if it is open. Raises: UnknownCall, CallOver."""
    call = await context.store.call(call_id)
    if call is None:
        raise UnknownCall(call_id)
    if call.ended_at is not None:
        raise CallOver(call_id, call.ended_how)
    return call


def not_in_line(call: Call) -> None:
    """Check that the caller does not wait in line. Raises: InLine."""
    if call.is_waiting:
        raise InLine(call.id)


async def no_open_handoff(context: ActContext, call_id: CallId) -> None:
    """Check that the call has no open handoff. Raises: HandoffOpen."""
    for handoff in await context.store.handoffs(call_id=call_id, limit=1):
        if not handoff.is_over:
            raise HandoffOpen(handoff.id)


async def may_be_kept(context: ActContext, call_id: CallId, roles: Collection[RoleName], *words: str) -> None:
    """Check an operator's words for anything that a role redacts: they are stored before an agent reads them.

    Checks `roles`, the roles of all people in the talk, and an open handoff's targets.
    Raises: WordsRefused, StoreError.
    """
    if not any(context.redacts.values()):
        return
    for role in dict.fromkeys([*roles, *await _others_there(context, call_id)]):
        redactor = Redactor(context.redacts.get(role, ()))
        kinds = {found.kind for text in words for found in redactor.find(text)}
        if kinds:
            wrong = f"have what {role} does not store: {', '.join(sorted(kinds))}"
            raise WordsRefused(wrong, "leave it out; the caller may say it again")


async def _others_there(context: ActContext, call_id: CallId) -> Sequence[RoleName]:
    """Return the roles of people who talk with the caller or are about to, and an open handoff's targets."""
    offers = await context.store.offers(call_id=call_id, open_only=True)
    handoffs = await context.store.handoffs(call_id=call_id, limit=1)
    targets = [name for one in handoffs if not one.is_over for name in (one.target, one.redirect_to) if name]
    return [*(offer.role for offer in offers if offer.is_talk), *targets]


async def kept_words(context: ActContext, offer: Offer, words: str, *, is_whole: bool = True) -> str:
    """Redact a person's words before they are stored, for the offer's role.

    The words are also redacted for every other role whose person was in the talk. If not `is_whole`, the
    person is still writing, and an unfinished number is left out. Raises: StoreError.
    """
    if not any(context.redacts.values()):
        return words
    others = await context.store.offers(call_id=offer.call_id)
    roles = {offer.role, *(other.role for other in others if _talked_together(offer, other))}
    redactor = Redactor({kind for role in roles for kind in context.redacts.get(role, ())})
    found = redactor.find(words)
    if not is_whole and (begun := redactor.unfinished(words, found)) is not None:
        words = words[: begun.start]
        found = [one for one in found if one.end <= begun.start]
    return replaced(words, found)


def _talked_together(offer: Offer, other: Offer) -> bool:
    if offer.connected_at is None or other.connected_at is None:
        return False
    ended_at = min(one.ended_at or math.inf for one in (offer, other))
    return max(offer.connected_at, other.connected_at) < ended_at


def checked_words(words: str) -> str:
    """Return an operator's words on one line, trimmed.

    Raises: WordsRefused: they are too long, contain markup, or contain nothing that can be spoken.
    """
    words = " ".join(words.split())
    if len(words) > LONGEST_WORDS:
        raise WordsRefused(f"have {len(words)} characters", f"use at most {LONGEST_WORDS}")
    if _MARKUP.search(words):
        raise WordsRefused("contain markup", "write plain words, without SSML or HTML")
    if not any(letter.isalnum() for letter in words):
        raise WordsRefused("contain nothing that can be spoken", "write at least one word")
    return words
