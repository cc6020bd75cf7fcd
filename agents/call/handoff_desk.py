"""The holder's desk: queues what the model and operators ask for, and carries it out one at a time."""

from __future__ import annotations

import asyncio
import logging
import uuid
from contextlib import suppress

from livekit.agents.llm import ChatMessage
from livekit.agents.voice import SpeechHandle

from agents.call.active_call import ActiveCall
from agents.call.desk_requests import CallerBack, EndAsked, Resumed, TransferAsked, TransferOrdered
from agents.call.handoff_wiring import handoff_run_for, targets_of
from agents.monitors.call_end import EndCall, HandedOver
from agents.people.ringing import leave_queue
from agents.roster.handoff_lines import lines_for
from errors import HandoffOpen, HandoffsSpent, OnHold, StoreError
from failover.recovery import order_heard
from persistence.records import MODEL, RULE, CallEnd, Handoff, HandoffId, HandoffState, JobId, RoleName
from transfer.holder.handoff_run import HandoffRun
from transfer.holder.request import request_in_time

log = logging.getLogger(__name__)

_LAST_WORDS_LIMIT_S = 40.0
_GIVE_UP_LIMIT_S = 6.0
_LET_GO_LIMIT_S = 1.0


class HandoffDesk:
    """One queue, served by one task. A repeated request, or one from several sources, is carried out once."""

    def __init__(self, call: ActiveCall) -> None:
        self._call = call
        self._asked: asyncio.Queue[TransferAsked | TransferOrdered | Resumed | EndAsked | CallerBack] = (
            asyncio.Queue()
        )
        self._open = 0  # handoffs that are requested and not over
        self._idle = asyncio.Event()
        self._idle.set()
        self._ordered: set[HandoffId] = set()
        self._run: HandoffRun | None = None
        self._latest: Handoff | None = None

    @property
    def busy(self) -> bool:
        """Whether a handoff is open or the call is ending. Nothing else may speak to the caller then."""
        return self._open > 0 or self._call.ending.decided

    @property
    def waiting_for(self) -> RoleName | None:
        """The role that the caller was told to wait for; None if the caller knows of no handoff."""
        return None if self._run is None else self._run.announced

    def ask_transfer(
        self, target: str, reason: str, speech: SpeechHandle, *, by_caller: bool = False
    ) -> None:
        """Queue a handoff that the model asked for by its tool. `by_caller`: the caller asked for it."""
        if not self._open:
            self._ask(TransferAsked(target, reason, key=speech.id, by_caller=by_caller))

    def order_transfer(self, handoff: Handoff) -> None:
        """Carry out a handoff that an operator has requested. A repeat does nothing."""
        if self._is_new(handoff):
            self._ask(TransferOrdered(handoff))

    def resume(self, handoff: Handoff) -> None:
        """Continue the open handoff of a recovered call. A repeat does nothing."""
        if self._is_new(handoff):
            self._ask(Resumed(handoff))

    def hand_back(self, target: RoleName, reason: str, *, by: str) -> None:
        """Queue a handoff back from a person. `by`: the cause, which is the person, a supervisor or RULE."""
        if not self._open:
            self._ask(TransferAsked(target, reason, key=f"back {uuid.uuid4().hex}", requested_by=by))

    def ask_promised(self, target: str, key: str, *, reason: str = "") -> None:
        """Queue a handoff that the model announced without its tool, or that a call back needs.

        If `reason` is empty, the reason is in the summary.
        """
        if not self._open:
            self._ask(TransferAsked(target, reason, key, requested_by=RULE))

    def ask_by_key(self, target: str) -> None:
        """Queue a handoff that the caller chose with a telephone key. The reason is in the summary."""
        if not self._open:
            key = f"key {uuid.uuid4().hex}"
            self._ask(TransferAsked(target, "", key, requested_by=RULE, by_caller=True))

    def ask_again(self, latest: Handoff | None) -> bool:
        """Now that the caller is back, request again the handoff that was abandoned when they left.

        `latest`: the call's latest handoff. Returns False if it was not abandoned, somebody has spoken since,
        or an operator had requested it, who sees how it ended.
        """
        if latest is None or latest.state is not HandoffState.ABANDONED or latest.ended_at is None:
            return False
        ended_at = latest.ended_at
        if latest.requested_by not in {MODEL, RULE} or any(
            turn.started_at > ended_at for turn in self._call.turns.turns
        ):
            return False
        key = f"again {latest.id}"
        if not self._open:
            self._ask(TransferAsked(latest.target, latest.reason, key, requested_by=latest.requested_by))
        return True

    def ask_end(self, speech: SpeechHandle) -> None:
        if not self._open:
            self._asked.put_nowait(EndAsked(speech))

    async def caller_left(self) -> None:
        """Abandon an open handoff at once. Returns when its target is let go, or after 1 s."""
        if self._run is not None:
            self._run.caller_left()
            await self._is_idle(_LET_GO_LIMIT_S)

    def caller_back(self) -> None:
        """Queue the caller's return: they are in the room again, and the call continues."""
        self._asked.put_nowait(CallerBack())

    def row_moved(self) -> None:
        """Have the open handoff's row read again: somebody else may have moved it."""
        if self._run is not None:
            self._run.row_moved()

    async def give_up(self, *, by: str, reason: str) -> None:
        """Abandon an open handoff without a word. Returns once the caller hears nothing of it any more."""
        if self._run is not None:
            self._run.abandon(by=by, reason=reason)
        await self._is_idle(_GIVE_UP_LIMIT_S)

    async def _is_idle(self, limit_s: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(limit_s):
                await self._idle.wait()

    async def serve_requests(self) -> None:
        """Carry out requests for as long as the call lasts."""
        while True:
            match await self._asked.get():
                case TransferAsked() as asked:
                    await self._transfer(asked)
                    self._over()
                case TransferOrdered(handoff):
                    await self._carry_out(handoff)  # an operator chose this target, and no other
                    self._over()
                case Resumed(handoff):
                    others = self._others(handoff) if handoff.requested_by in {MODEL, RULE} else []
                    await self._carry_out(handoff, *others, resumed=True)
                    self._over()
                case EndAsked(speech):
                    await self._end(speech)
                case CallerBack():
                    await self._welcome_back()

    def _is_new(self, handoff: Handoff) -> bool:
        """Whether the handoff is new. If so, tell the parent now, even if it cannot begin at once."""
        if handoff.id in self._ordered:
            return False
        self._ordered.add(handoff.id)
        self._call.process.tell_parent(order_heard(handoff.id))
        return True

    def _ask(self, asked: TransferAsked | TransferOrdered | Resumed) -> None:
        self._open += 1
        self._idle.clear()
        self._asked.put_nowait(asked)

    def _over(self) -> None:
        self._open -= 1
        if not self._open:
            self._idle.set()

    async def _welcome_back(self) -> None:
        self._call.voice.open_ears()
        if not self._call.hold.is_on and not self.ask_again(self._latest):
            await self._call.voice.speak(self._call.role.spoken_lines.welcome_back)

    async def _transfer(self, asked: TransferAsked) -> None:
        try:
            handoff = await request_in_time(
                self._call.store,
                self._call.process.write_queue,
                self._requested(asked),
                at_most=self._call.process.settings.handoff.handoffs_per_call,
            )
        except HandoffsSpent:
            await self._not_begun(asked, "this call has been transferred too often already")
        except OnHold:
            log.info("the caller is on hold: no handoff", extra={"call": self._call.row.id})
        except HandoffOpen as first:
            await self._give_way(asked, HandoffId(first.handoff_id))
        except StoreError as error:
            log.warning(
                "handoff not started: its row was not written",
                extra={"call": self._call.row.id, "error": str(error)},
            )
            await self._not_begun(asked, "there is a fault on our side")
        else:
            await self._carry_out(handoff, *self._others(handoff), asked=asked.by_caller)

    async def _give_way(self, asked: TransferAsked, first: HandoffId) -> None:
        """Another handoff is open. If an operator requested it at the same moment, carry that one out."""
        try:
            row = await self._call.store.handoff(first)
        except StoreError:
            row = None
        if row is not None and row.state is HandoffState.REQUESTED:
            log.info("an operator's handoff was first", extra={"call": self._call.row.id, "handoff": first})
            self.order_transfer(row)
        else:
            log.error("an earlier handoff is still open", extra={"call": self._call.row.id, "handoff": first})
            await self._not_begun(asked, "there is a fault on our side")

    async def _carry_out(
        self, handoff: Handoff, *others: RoleName, asked: bool = False, resumed: bool = False
    ) -> None:
        """Run the handoff. `asked`: the caller has just asked for it, and hears "of course" or the like."""
        call = self._call
        self._run = handoff_run_for(call, handoff, asked=asked)
        try:
            ended = await self._run.run_handoff([handoff.target, *others], resumed=resumed)
        finally:
            self._run = None
        if any(self._is_persons(role) for role in (handoff.target, *others, ended.target)):
            talks = ended.state is HandoffState.COMPLETED
            await leave_queue(call.store, call.process.clock, call.row.id, by=call.role.id, talks=talks)
        self._latest = ended
        log.info("handoff ended", extra={"handoff": ended.id, "outcome": ended.state})
        if ended.state is HandoffState.COMPLETED:
            self._call.ending.decide(HandedOver())

    def _is_persons(self, name: RoleName) -> bool:
        role = self._call.process.roster.roles.get(name)
        return role is not None and role.desk is not None

    async def _not_begun(self, asked: TransferAsked, why: str) -> None:
        roster, target = self._call.process.roster, RoleName(asked.target)
        lines = lines_for(roster, self._call.role, target, asked=asked.by_caller)
        failed = HandoffState.FAILED
        await self._call.voice.go_on(lines.back(failed), happened=lines.noted(failed, why))

    def _requested(self, asked: TransferAsked) -> Handoff:
        return Handoff(
            id=HandoffId(f"handoff-{uuid.uuid4().hex}"),
            call_id=self._call.row.id,
            from_role=self._call.current_role.id,
            from_job=JobId(self._call.ctx.job.id),
            target=RoleName(asked.target),
            reason=self._call.redactor.redact(asked.reason),
            requested_by=asked.requested_by,
            idempotency_key=asked.key,
            state=HandoffState.REQUESTED,
            requested_at=self._call.process.clock.now_ms(),
        )

    async def _end(self, speech: SpeechHandle) -> None:
        try:
            async with asyncio.timeout(_LAST_WORDS_LIMIT_S):
                await speech
        except TimeoutError:
            log.warning("the last words took too long", extra={"call": self._call.row.id})
        if self._open or self._call.hold.is_on:
            return  # a handoff that the same reply asked for, or an operator's hold, wins
        said = any(isinstance(item, ChatMessage) for item in speech.chat_items)
        goodbye = None if said else self._call.role.spoken_lines.goodbye
        self._call.ending.decide(EndCall(CallEnd.GOODBYE, goodbye=goodbye, hang_up=True))

    def _others(self, handoff: Handoff) -> list[RoleName]:
        """Return the targets that the handoff tries after its first."""
        return targets_of(self._call.process.roster, self._call.role, handoff.target)[1:]
