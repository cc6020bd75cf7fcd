"""Lets a person on a telephone play the target: calls them, briefs them, and asks for a yes."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from functools import partial

from agents.audio.prepared_audio import PromptAudio, render_prompt
from agents.call.person.view import hearing_of
from agents.jobs.person_stage import PersonStage
from agents.jobs.target_session import SessionStage
from agents.people.ringing import NobodyTook
from agents.people.talk import PersonTalk
from agents.phone.asking import Asking
from agents.phone.calling import Asker, Calling, L
from agents.phone.ear import PhoneEar
from agents.phone.leaving import Leaving, Way, may_leave, number_called
from agents.phone.leg import Leg, Means
from agents.phone.own_line import OwnLine
from agents.phone.telephone import Telephone
from agents.phone.whisper import Whisper
from agents.process.process_context import server_api
from agents.roster.checked import fill
from agents.roster.phone import Line
from agents.session.agent_session import make_hearing
from errors import LineFailed, StoreError
from persistence.people import Offer, QueueEntry
from persistence.phones import DialId, DialState
from persistence.records import AttemptId, CallId, RoleName
from transfer.protocol import Brief, SummaryNote

log = logging.getLogger(__name__)

_FAULT = "there is a fault on our side"


class PhoneStage(PersonStage):
    """`transfer.ports.Stage`: says yes if somebody on the telephone takes the caller."""

    _calling: Calling[Leg] | None = None
    _phone_whisper: Whisper

    async def decide(self, brief: Brief, summary: SummaryNote | None) -> tuple[bool, str]:
        if brief.from_role == self._role.id:
            return False, "the person speaks through the process that has the call"
        await SessionStage.begin(self, brief)
        self._phone_whisper = Whisper(self._sound)
        try:
            leg, offer = await self._until_accepted(brief, summary)
            self._own_room = leg.own_line
            self._talk = talk = PersonTalk(
                offer,
                leg.own_line,
                self._ctx.room,
                self._task.caller,
                back_to=RoleName(brief.from_role),
                words=partial(hearing_of, self.call),
            )
            await talk.publish()
        except NobodyTook as why:
            return False, str(why)
        except (StoreError, LineFailed) as error:
            log.warning("no person was called", extra={"handoff": self._task.handoff, "error": str(error)})
            return False, _FAULT
        talk.start()
        self.call.leaving = self._leaving_to(leg)
        if self.call.leaving is None:
            leg.own_line.talks()
        return True, ""

    async def leave(self) -> None:
        if self._calling is not None:
            await self._calling.stop("not connected")
        await super().leave()

    async def _until_accepted(self, brief: Brief, summary: SummaryNote | None) -> tuple[Leg, Offer]:
        """Call the role's people until one accepts. Raises: NobodyTook, StoreError."""
        words, matter = self._process.roster.house.phone, summary and (summary.words or summary.matter)
        told = tuple(filter(None, (fill(words.hello, target=self._role.name), matter or brief.reason)))
        self._phone_whisper.prepare((*told, words.question))
        self._calling = self._calling_for(told)
        try:
            return await self._calling.until_accepted()
        finally:
            await self._phone_whisper.stop()

    def _calling_for(self, told: tuple[str, ...]) -> Calling[Leg]:
        assert self._role.phones is not None
        means = Means(
            store=self._store,
            clock=self._process.clock,
            telephone=self._telephone,
            plan=self._role.phones,
            open_line=self._open_line,
            ask=partial(self._ask, told),
        )
        return self._calling_by(partial(Leg, means))

    def _calling_by(self, new_leg: Callable[[QueueEntry, Line], L]) -> Calling[L]:
        role, task = self._role, self._task
        assert role.desk is not None
        assert role.phones is not None
        asker = Asker(CallId(task.call), role.id, AttemptId(task.attempt))
        return Calling(self._store, self._process.clock, role.phones, role.desk, asker, new_leg=new_leg)

    def _leaving_to(self, leg: Leg) -> Leaving | None:
        plan, caller = self._role.phones, self._task.caller
        if plan is None or plan.rules.refer_to is None or not may_leave(self._ctx.room, caller):
            return None
        way = Way(
            room=self._ctx.room.name,
            caller=caller,
            to=plan.rules.address_of(leg.number),
            headers=plan.rules.headers_for(number_called(self._ctx.room, caller)),
            rings_s=plan.rings_s,
            told=partial(self._phone_whisper.speak, leg.own_line, self._process.roster.house.phone.refer),
        )
        return Leaving(self._store, self._process.clock, self._telephone, leg.id, way)

    @property
    def _telephone(self) -> Telephone:
        longest_call_s = self._process.settings.call.longest_call_s
        return Telephone(self._ctx.api, server_api(self._ctx), longest_call_s=longest_call_s)

    def _open_line(self, dial: DialId, hang_up: Callable[[], Awaitable[None]]) -> OwnLine:
        return OwnLine(self._process.settings.livekit, dial, self._ctx.job.id, hang_up=hang_up)

    async def _ask(self, told: tuple[str, ...], line: OwnLine) -> DialState:
        async def speak(text: str) -> None:
            ear.saying = text
            try:
                await self._phone_whisper.speak(line, text)
            finally:
                ear.saying = ""

        asking = Asking(self._process.roster.house.phone, speak, told=told)
        ear = PhoneEar(line, make_hearing(self._process, self._role), asking)
        ear.start()
        try:
            return await asking.outcome()
        finally:
            await ear.stop()

    async def _sound(self, text: str) -> PromptAudio:
        """Return the text as sound. Raises: APIError; RuntimeError: the session has ended."""
        tts = self.call.session.tts
        assert tts is not None
        return self._process.lines.line(self._role.voice, text) or await render_prompt(tts, text)
