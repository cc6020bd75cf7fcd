"""Lets a person at a desk play the target: it rings, they read and hear the brief, the bridge opens."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from functools import partial

from agents.call.person.view import brief_of, hearing_of, words_of
from agents.jobs.lost_person import who_handed_over
from agents.jobs.target_session import SessionStage
from agents.people.own_room import PersonsRoom
from agents.people.ringing import NobodyTook, Ringing, asked_for
from agents.people.talk import PersonTalk
from agents.redaction.redactor import Redactor
from errors import LineFailed, StoreError
from persistence.people import Offer
from persistence.records import CALLER, CallId, HandoffId, RoleName
from transfer.desk_protocol import DeskBrief, DeskSituation
from transfer.holder.brief import said_since, with_turns
from transfer.holder.summary import as_note, from_row
from transfer.livekit.rpc import Departure
from transfer.protocol import Brief, SummaryNote, facts_with

log = logging.getLogger(__name__)

_JOIN_LIMIT_S = 15.0
"""Long, because the caller has music and the model's company meanwhile, and the person has said yes."""
_COMES_LIMIT_S = 10.0
"""How long to wait for the person's page: it joins right after its person has accepted."""
_FIRST_SOUND_LIMIT_S = 3.0
_HOLDER_LEAVES_WITHIN_S = 12.0
"""The holder waits for the caller's last words before it leaves (agents/call/call_loop.py)."""
_NOT_PUT_THROUGH = "the person did not put the caller through"
_FAULT = "there is a fault on our side"


class PersonStage(SessionStage):
    """`transfer.ports.Stage`: says yes when the person wants the caller put through.

    The session is a model's, but it never speaks while the person does: it hears the caller, and is ready if
    the person is lost.
    """

    _ringing: Ringing | None = None
    _own_room: PersonsRoom | None = None
    _talk: PersonTalk | None = None
    _waits_since: int | None = None  # when the handoff was requested, ms UTC
    _holder: Departure | None = None
    _read: int | None = None  # the number of the last turn that is in the person's brief

    @property
    def decides_on_summary(self) -> bool:
        return True  # the person reads it

    async def decide(self, brief: Brief, summary: SummaryNote | None) -> tuple[bool, str]:
        assert self._role.desk is not None
        try:
            person = await asked_for(self._store, HandoffId(self._task.handoff), self._role.id)
            if brief.from_role == self._role.id and person is None:
                return False, "the person speaks through the process that has the call"
            self._ringing = Ringing(
                self._store,
                self._process.clock,
                self._role.desk,
                call=CallId(self._task.call),
                role=self._role.id,
                attempt=self._task.attempt,
                person=person,
                colleague=brief.from_role == self._role.id,
            )
            offer = await self._ringing.until_taken()
            async with asyncio.timeout(self._process.settings.handoff.person_brief_limit_s):
                return await self._told(offer, brief, summary)
        except NobodyTook as why:
            return False, str(why)
        except TimeoutError:
            return False, _NOT_PUT_THROUGH
        except (StoreError, LineFailed) as error:
            log.warning("no person was reached", extra={"handoff": self._task.handoff, "error": str(error)})
            return False, _FAULT

    async def _told(self, offer: Offer, brief: Brief, summary: SummaryNote | None) -> tuple[bool, str]:
        """Brief the person, and wait until they accept or refuse the caller. Raises: LineFailed."""
        brief, summary = await self._as_it_stands(brief, summary)
        back_to = await self._back_to(brief)
        self._own_room = own_room = PersonsRoom(self._process.settings.livekit, offer.id, self._ctx.job.id)
        async with asyncio.TaskGroup() as group:
            group.create_task(super().begin(brief))
            joining = group.create_task(_joined(own_room))
        self._talk = talk = PersonTalk(
            offer,
            own_room,
            self._ctx.room,
            self._task.caller,
            back_to=back_to,
            words=partial(hearing_of, self.call),
            introduced_by=self._task.holder,
        )
        if not joining.result():
            raise LineFailed("the person's room could not be joined")
        talk.show(self._shown(brief, summary, back_to))
        talk.show(DeskSituation(now="brief"))
        await talk.publish()
        talk.start()
        if not await own_room.comes_within(_COMES_LIMIT_S):
            return False, "the person's page did not come"
        words = (summary and (summary.words or summary.matter)) or brief.reason
        act = await talk.decision(self.call.session.tts, words)
        if act is None or act.act != "put_through":
            return False, self._as_kept(act.reason, brief) if act else _NOT_PUT_THROUGH
        talk.introduce()
        talk.show(DeskSituation(now="connecting"))
        return True, ""

    async def _as_it_stands(
        self, brief: Brief, summary: SummaryNote | None
    ) -> tuple[Brief, SummaryNote | None]:
        """Add what was said while the caller waited; change nothing if the store does not answer."""
        try:
            row = await self._store.handoff(HandoffId(self._task.handoff))
            attempts = await self._store.attempts(HandoffId(self._task.handoff))
            turns = await self._store.turns(CallId(self._task.call))
        except StoreError as error:
            log.warning("what was said meanwhile is not known", extra={"error": type(error).__name__})
            return brief, summary
        if self._read is None:
            self._read = max((turn.seq for turn in turns), default=0)
        if row is None:
            return brief, summary
        self._waits_since = row.requested_at
        briefed_at = next(
            (one.started_at for one in attempts if one.id == self._task.attempt), row.requested_at
        )
        renewed = from_row(row)
        return with_turns(brief, said_since(turns, briefed_at)), as_note(renewed) if renewed else summary

    def _as_kept(self, why: str, brief: Brief) -> str:
        """Redact the person's own words, which the holder stores, as both roles require."""
        holder = self._process.roster.roles.get(RoleName(brief.from_role))
        roles = (self._role,) if holder is None else (self._role, holder)
        return Redactor({kind for role in roles for kind in role.redact}).redact(why)

    async def _back_to(self, brief: Brief) -> RoleName:
        """Return the role to which the person may give the caller back. It is never the person's own role."""
        if brief.from_role != self._role.id:
            return RoleName(brief.from_role)
        return (await who_handed_over(self._process, self._store, CallId(self._task.call))).id

    def _shown(self, brief: Brief, summary: SummaryNote | None, back_to: RoleName) -> DeskBrief:
        return brief_of(
            self._process.roster,
            reason=brief.reason,
            summary=summary,
            facts=facts_with(brief.facts, summary.facts if summary else {}),
            turns=brief.turns,
            back_to=back_to,
        )

    async def begin(self, brief: Brief) -> None:
        """Do nothing: the session began while the person was briefed."""

    async def prepare(self, brief: Brief, summary: SummaryNote | None) -> None:
        brief, summary = await self._as_it_stands(brief, summary)
        await self.call.turns.load()
        if self._agent is not None:
            await self._agent.update_chat_ctx(self._knowing(brief, summary))

    def open_ears(self) -> None:
        call, talk = self.call, self._talk
        assert talk is not None, "nobody else says yes"
        talk.apart = lambda: call.apart
        call.person = talk
        call.voice.open_ears()

    async def go_on_air(self, said: Sequence[str]) -> int:
        talk = self._talk
        assert talk is not None, "nobody else says yes"
        self.call.turns.know([words for words in said if words not in self._written()])
        now = self._process.clock.now_ms()
        self._process.write_queue.enqueue(partial(self._store.connect_talk, talk.offer.id, at=now))
        if self.call.leaving is not None:  # the two are bridged only if the caller cannot leave
            return now
        self._holder = Departure(self._ctx.room, self._task.holder)
        talk.connect()
        talk.show(DeskSituation(now="hold" if self.call.hold.is_on else "talking"))
        self._show_later_turns(talk)
        try:
            async with asyncio.timeout(_FIRST_SOUND_LIMIT_S):
                await talk.first_sound()
        except TimeoutError:
            log.info("the person has not spoken yet", extra={"handoff": self._task.handoff})
        return self._process.clock.now_ms()

    def _show_later_turns(self, talk: PersonTalk) -> None:
        """Show the turns since the brief: those while the person read it, and until they were connected."""
        for turn in self.call.turns.turns:
            if self._read is not None and turn.seq > self._read:
                talk.show(words_of(self._process.roster, turn))

    def _written(self) -> set[str]:
        """Return the texts of all stored turns since the handoff was requested."""
        since, turns = self._waits_since, self.call.turns.turns
        return {turn.text for turn in turns if since is not None and turn.started_at > since}

    async def take_up(self) -> None:
        """Show the person, who answers, the caller's words that the holder stored too late to send us."""
        talk, read = self._talk, self._read
        if talk is None or read is None or self._holder is None:
            return
        try:
            await self._holder.wait_for(_HOLDER_LEAVES_WITHIN_S)
        finally:
            self._holder.close()
        try:
            turns = await self._store.turns(CallId(self._task.call))
        except StoreError as error:
            log.warning("the caller's last words are not known", extra={"error": type(error).__name__})
            return
        known = {turn.text for turn in self.call.turns.turns}
        late = [turn for turn in turns if turn.seq > read and turn.speaker == CALLER and not turn.nod]
        late = [turn for turn in late if turn.text not in known]
        self.call.turns.know([turn.text for turn in late])
        for turn in late:
            talk.show(words_of(self._process.roster, turn))

    async def leave(self) -> None:
        why = "the caller is with somebody else again"
        if self._talk is not None:
            await self._talk.end(why)
        elif self._own_room is not None:
            await self._own_room.leave(why)
        if self._ringing is not None:
            await self._ringing.stop("not connected")
        await super().leave()


async def _joined(own_room: PersonsRoom) -> bool:
    try:
        await own_room.join(limit_s=_JOIN_LIMIT_S)
    except LineFailed:
        return False
    return True
