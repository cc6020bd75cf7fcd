"""A person at a telephone plays the target: they are called, told what it is about, and asked for a yes."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from functools import partial

from livekit.agents import APIError

from agents.audio.prepared_audio import render_prompt
from agents.call.person.view import hearing_of
from agents.jobs.person_stage import PersonStage
from agents.jobs.target_session import SessionStage
from agents.people.ringing import NobodyTook
from agents.people.talk import PersonTalk
from agents.phone.asking import Asking
from agents.phone.calling import Asker, Calling
from agents.phone.ear import PhoneEar
from agents.phone.leaving import Leaving, Way, may_leave
from agents.phone.leg import Leg, Means
from agents.phone.own_line import OwnLine
from agents.phone.telephone import Telephone
from agents.process.process_context import server_api
from agents.roster.checked import fill
from agents.session.agent_session import make_hearing
from errors import LineFailed, StoreError
from persistence.phones import DialId, DialState
from persistence.records import AttemptId, CallId, RoleName
from transfer.protocol import Brief, SummaryNote

log = logging.getLogger(__name__)

_FAULT = "there is a fault on our side"


class PhoneStage(PersonStage):
    """`transfer.ports.Stage`: yes is that somebody on the telephone takes the caller."""

    _calling: Calling | None = None

    async def decide(self, brief: Brief, summary: SummaryNote | None) -> tuple[bool, str]:
        if brief.from_role == self._role.id:
            return False, "the person speaks through the process that has the call"
        await SessionStage.begin(self, brief)
        self._calling = calling = self._calling_for(brief, summary)
        try:
            leg, offer = await calling.until_accepted()
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

    def _calling_for(self, brief: Brief, summary: SummaryNote | None) -> Calling:
        process, role, task = self._process, self._role, self._task
        assert role.desk is not None
        assert role.phones is not None
        means = Means(
            store=self._store,
            clock=process.clock,
            telephone=self._telephone,
            plan=role.phones,
            open_line=self._open_line,
            ask=partial(self._ask, (summary and (summary.words or summary.matter)) or brief.reason),
        )
        asker = Asker(CallId(task.call), role.id, AttemptId(task.attempt))
        return Calling(self._store, means, role.desk, asker)

    def _leaving_to(self, leg: Leg) -> Leaving | None:
        plan, caller = self._role.phones, self._task.caller
        if plan is None or plan.rules.refer_to is None or not may_leave(self._ctx.room, caller):
            return None
        way = Way(
            room=self._ctx.room.name,
            caller=caller,
            to=plan.rules.refer_to.format(number=leg.number),
            rings_s=plan.rings_s,
            told=partial(self._speak, leg.own_line, self._process.roster.house.phone.refer),
        )
        return Leaving(self._store, self._process.clock, self._telephone, leg.id, way)

    @property
    def _telephone(self) -> Telephone:
        longest_call_s = self._process.settings.call.longest_call_s
        return Telephone(self._ctx.api, server_api(self._ctx), longest_call_s=longest_call_s)

    def _open_line(self, dial: DialId, hang_up: Callable[[], Awaitable[None]]) -> OwnLine:
        return OwnLine(self._process.settings.livekit, dial, self._ctx.job.id, hang_up=hang_up)

    async def _ask(self, brief: str, line: OwnLine) -> DialState:
        words = self._process.roster.house.phone
        told = tuple(filter(None, (fill(words.hello, target=self._role.name), brief)))

        async def speak(text: str) -> None:
            ear.saying = text
            try:
                await self._speak(line, text)
            finally:
                ear.saying = ""

        asking = Asking(words, speak, told=told)
        ear = PhoneEar(line, make_hearing(self._process, self._role), asking)
        ear.start()
        try:
            return await asking.outcome()
        finally:
            await ear.stop()

    async def _speak(self, line: OwnLine, text: str) -> None:
        """Into the telephone's own room. Without a voice nothing is said, and keys still work."""
        tts = self.call.session.tts
        if tts is None:
            return
        try:
            spoken = self._process.lines.line(self._role.voice, text) or await render_prompt(tts, text)
            await line.play(spoken.play())
        except (APIError, RuntimeError) as error:
            log.warning("the brief was not spoken", extra={"error": type(error).__name__})
