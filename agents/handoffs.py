"""The holder's desk: takes what the model asks for, one thing at a time, and sees each handoff through."""

from __future__ import annotations

import asyncio
import logging
import uuid
from dataclasses import dataclass

from livekit.agents.llm import ChatMessage
from livekit.agents.voice import SpeechHandle

from agents.coordination import brief_for, coordinator_for
from agents.coordination_lines import lines_for
from agents.ending import Ending, HandedOver, Over
from agents.held import Held
from errors import HandoffsSpent, StoreError
from persistence.records import CallEnd, Handoff, HandoffId, HandoffState, JobId, RoleName
from transfer.coordinator import Coordinator

log = logging.getLogger("baton.handoffs")

_LAST_WORDS_LIMIT_S = 15.0
_SETTLE_LIMIT_S = 5.0


@dataclass(frozen=True, slots=True)
class TransferAsked:
    target: str
    reason: str
    key: str


@dataclass(frozen=True, slots=True)
class EndAsked:
    speech: SpeechHandle


@dataclass(frozen=True, slots=True)
class CallerBack:
    """The caller is in the room again."""


class HandoffDesk:
    """One queue and one worker: whatever the model asks for, however often, happens once."""

    def __init__(self, ending: Ending) -> None:
        self._ending = ending
        self._asked: asyncio.Queue[TransferAsked | EndAsked | CallerBack] = asyncio.Queue()
        self._open = False
        self._coordinator: Coordinator | None = None

    @property
    def busy(self) -> bool:
        """Whether a handoff is open or the call is ending: nobody else speaks to the caller then."""
        return self._open or self._ending.decided

    def ask_transfer(self, target: str, reason: str, speech: SpeechHandle) -> None:
        if not self._open:
            self._open = True
            self._asked.put_nowait(TransferAsked(target, reason, key=speech.id))

    def ask_end(self, speech: SpeechHandle) -> None:
        if not self._open:
            self._asked.put_nowait(EndAsked(speech))

    def caller_left(self) -> None:
        """An open handoff is abandoned at once."""
        if self._coordinator is not None:
            self._coordinator.caller_left()

    def caller_back(self) -> None:
        """The caller is in the room again, and the call goes on."""
        self._asked.put_nowait(CallerBack())

    async def run(self, held: Held) -> None:
        """See everything through that is asked for, for as long as the call lasts."""
        while True:
            match await self._asked.get():
                case TransferAsked() as asked:
                    await self._transfer(held, asked)
                    self._open = False
                case EndAsked(speech):
                    await self._end(held, speech)
                case CallerBack():
                    held.voice.open_ears()
                    await held.voice.tell(held.warm.roster.house.lines.welcome_back)

    async def _transfer(self, held: Held, asked: TransferAsked) -> None:
        try:
            handoff = await held.store.request_handoff(
                self._requested(held, asked), at_most=held.warm.settings.handoff.handoffs_per_call
            )
        except HandoffsSpent:
            await self._not_begun(held, asked, "this call has been transferred too often already")
        except StoreError:
            log.exception("no handoff without its row", extra={"call": held.call.id})
            await self._not_begun(held, asked, "there is a fault on our side")
        else:
            await self._see_through(held, handoff)

    async def _see_through(self, held: Held, handoff: Handoff) -> None:
        self._coordinator = coordinator_for(held)
        others = [RoleName(name) for name in held.role.transfers_to if name != handoff.target]
        try:
            ended = await self._coordinator.run(
                handoff,
                brief=lambda target: brief_for(held, handoff, target),
                turns=held.turns.turns,
                targets=[handoff.target, *others],
            )
            await self._coordinator.settle(_SETTLE_LIMIT_S)
        finally:
            self._coordinator = None
        log.info("handoff ended", extra={"handoff": ended.id, "outcome": ended.state})
        if ended.state is HandoffState.COMPLETED:
            self._ending.decide(HandedOver())

    async def _not_begun(self, held: Held, asked: TransferAsked, why: str) -> None:
        name = held.warm.roster.role(asked.target).name
        await held.voice.go_on(
            held.warm.roster.house.lines.returning(HandoffState.FAILED, target=name),
            happened=lines_for(held.warm.roster, held.role, RoleName(asked.target)).noted(why),
        )

    def _requested(self, held: Held, asked: TransferAsked) -> Handoff:
        return Handoff(
            id=HandoffId(f"handoff-{uuid.uuid4().hex}"),
            call_id=held.call.id,
            from_role=held.role.id,
            from_job=JobId(held.ctx.job.id),
            target=RoleName(asked.target),
            reason=asked.reason,
            requested_by="model",
            idempotency_key=asked.key,
            state=HandoffState.REQUESTED,
            requested_at=held.warm.clock.now_ms(),
        )

    async def _end(self, held: Held, speech: SpeechHandle) -> None:
        try:
            async with asyncio.timeout(_LAST_WORDS_LIMIT_S):
                await speech
        except TimeoutError:
            log.warning("the last words took too long", extra={"call": held.call.id})
        if self._open:
            return  # the same answer asked for a handoff: whoever wants that does not want to end the call
        said = any(isinstance(item, ChatMessage) for item in speech.chat_items)
        goodbye = None if said else held.warm.roster.house.lines.goodbye
        self._ending.decide(Over(CallEnd.GOODBYE, goodbye=goodbye, hang_up=True))
