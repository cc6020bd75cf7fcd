"""A target's session: joins silently, prepares its opening, and goes on air once it has the call."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from livekit import rtc
from livekit.agents import NOT_GIVEN, Agent, AgentStateChangedEvent, APIError, JobContext
from livekit.agents.llm import ChatContext
from livekit.agents.voice import SpeechHandle

from agents.audio.prepared_audio import PromptAudio, render_prompt
from agents.call.active_call import ActiveCall
from agents.call.open_call import open_call, start_call
from agents.groq.summary import Screener
from agents.process.process_context import ProcessContext
from agents.roster.role import MaxCalls, Role
from agents.session.agent_session import TAKING_OVER
from agents.session.context import context_with_brief, facts_of
from errors import LineFailed, StoreError, SummaryFailed
from persistence.contract.store import Store
from persistence.records import Call, CallId, JobId
from transfer.protocol import Brief, SummaryNote, TakeHandoff, facts_with

log = logging.getLogger(__name__)

_JOIN_LIMIT_S = 5.0
_FIRST_SOUND_LIMIT_S = 3.0
_ROW_LIMIT_S = 1.0
_VOICE_LIMIT_S = 2.0
"""Our track is published within 0.3 s. If it takes this long, another agent can be there sooner."""
_MANY = 10_000
_SUPERVISED = "a supervisor speaks through the process that has the call"


class SessionStage:
    """`transfer.ports.Stage` for one attempt. Once on air, its `call` is the holder's."""

    def __init__(
        self,
        ctx: JobContext,
        process: ProcessContext,
        store: Store,
        role: Role,
        task: TakeHandoff,
    ) -> None:
        self._ctx, self._process, self._store = ctx, process, store
        self._role, self._task = role, task
        self._call: ActiveCall | None = None
        self._opening = role.opening_line("")
        self._opening_audio: PromptAudio | None = None
        self._agent: Agent | None = None
        self._opened: SpeechHandle | None = None
        self._said: Sequence[str] = ()

    @property
    def call(self) -> ActiveCall:
        """The call, opened only when first needed: nothing may delay our answer to the holder."""
        if self._call is None:
            self._open(self._row_of_dispatch())
        assert self._call is not None
        return self._call

    async def join(self) -> None:
        try:
            async with asyncio.timeout(_JOIN_LIMIT_S):
                await self._ctx.connect()
        except (TimeoutError, rtc.ConnectError) as error:
            raise LineFailed("the room could not be joined") from error

    @property
    def decides_on_summary(self) -> bool:
        return self._role.accepts == "screen"

    async def decide(self, brief: Brief, summary: SummaryNote | None) -> tuple[bool, str]:
        accepts = self._role.accepts
        if brief.from_role == self._role.id:  # our role already holds the call, in another process
            return (False, _SUPERVISED) if await self._is_supervised() else (True, "")
        if isinstance(accepts, MaxCalls):
            try:
                calls = await self._store.calls(is_open=True, limit=_MANY)
            except StoreError:
                return True, ""  # the calls cannot be counted, and the caller comes first
            held = sum(1 for call in calls if call.holder_role == self._role.id and not call.is_waiting)
            return held < accepts.max_calls, "all of us are on other calls"
        if accepts == "screen":
            process = self._process
            screener = Screener(
                process.groq,
                process.settings.groq,
                process.roster.screening_prompt,
                limit_s=process.settings.handoff.answer_limit_s,
                breaker=process.breaker,
            )
            try:
                return await screener.screen(self._role.instructions, brief, summary)
            except SummaryFailed:
                return False, "it could not be decided"  # silence is not acceptance
        return True, ""

    async def _is_supervised(self) -> bool:
        """Whether a supervisor speaks in the role's place, through the process that has the call."""
        with suppress(StoreError):
            listeners = await self._store.listeners_of(CallId(self._task.call))
            return any(one.mode.has_floor for one in listeners)
        return False

    async def begin(self, brief: Brief) -> None:
        moved = brief.from_role == self._role.id and self._role.desk is None
        call = self._open(await self._row(moved=moved))
        call.notes.extend(brief.notes)
        try:
            await call.turns.load()
            self._agent = await start_call(call, self._knowing(brief, None))
        except RuntimeError:
            log.exception("the session did not start", extra={"handoff": self._task.handoff})

    async def prepare(self, brief: Brief, summary: SummaryNote | None) -> None:
        unsummed = "" if brief.reason_is_private else brief.reason
        if brief.from_role == self._role.id:
            self._opening = self._role.spoken_lines.thanks
        else:
            again = any(turn.speaker == self._role.id for turn in self.call.turns.turns)
            self._opening = self._role.opening_line(summary.matter if summary else unsummed, again=again)
        if self._agent is not None and summary is not None:
            await self._agent.update_chat_ctx(self._knowing(brief, summary))
        await self._prepare_audio()

    def _knowing(self, brief: Brief, summary: SummaryNote | None) -> ChatContext:
        """Return the model's context. The facts in it become the call's facts."""
        caller = self._ctx.room.remote_participants.get(self._task.caller)
        own = facts_of(self._role, caller.attributes if caller else {})
        facts = self.call.facts
        facts.clear()
        facts.update({**facts_with(brief.facts, summary.facts if summary else {}), **own})
        return context_with_brief(self._process.roster.house.notes, brief, summary, facts)

    async def _prepare_audio(self) -> None:
        assert self.call.session.tts is not None
        try:
            self._opening_audio = await render_prompt(self.call.session.tts, self._opening)
        except (APIError, RuntimeError) as error:
            log.warning("the opening could not be spoken", extra={"error": type(error).__name__})
            plain = self._process.lines.line(self._role.voice, self._role.opening_line(""))
            if plain is not None:  # less to the point, but it will be heard
                self._opening, self._opening_audio = plain.text, plain

    async def has_voice(self) -> bool:
        room, published = self._ctx.room, asyncio.Event()

        def on_published(*_: object) -> None:
            published.set()

        room.on("local_track_published", on_published)
        try:
            if not room.local_participant.track_publications:
                async with asyncio.timeout(_VOICE_LIMIT_S):
                    await published.wait()
        except TimeoutError:  # as when our node of LiveKit died while we published
            log.warning("our voice is not in the room", extra={"handoff": self._task.handoff})
            return False
        finally:
            room.off("local_track_published", on_published)
        return True

    @property
    def soft_start_ms(self) -> int:
        return round(self._opening_audio.soft_start_s * 1000) if self._opening_audio else 0

    def open_ears(self) -> None:
        self.call.session.input.set_audio_enabled(True)

    async def go_on_air(self, said: Sequence[str]) -> int:
        session, started = self.call.session, asyncio.Event()
        self._said = said
        self.call.turns.know(said)
        if self.call.hold.is_on:  # the hold continues in our process, with its music
            return self._process.clock.now_ms()

        def on_state(event: AgentStateChangedEvent) -> None:
            if event.new_state == "speaking":
                started.set()

        session.on("agent_state_changed", on_state)
        session.reset_away_timer()  # until now the caller was not expected to speak
        audio = NOT_GIVEN if self._opening_audio is None else self._opening_audio.play()
        self._opened = session.say(self._opening, audio=audio)
        try:
            async with asyncio.timeout(_FIRST_SOUND_LIMIT_S):
                await started.wait()
        except TimeoutError:
            log.warning("no first sound in time", extra={"handoff": self._task.handoff})
        finally:
            session.off("agent_state_changed", on_state)
        return self._process.clock.now_ms() + self.soft_start_ms

    async def take_up(self) -> None:
        """After the opening, answer what the caller said during the handoff."""
        await self.call.voice.take_up(self._said, self._opened)

    async def leave(self) -> None:
        if self._call is not None:
            await self._call.session.aclose()
        self._ctx.shutdown("not needed")

    def _open(self, row: Call) -> ActiveCall:
        self._call = open_call(
            ctx=self._ctx,
            process=self._process,
            store=self._store,
            role=self._role,
            row=row,
            audio_input=TAKING_OVER,
        )
        return self._call

    async def _row(self, *, moved: bool) -> Call:
        """Return the call's row, or one made from the dispatch if the store does not answer in time.

        A hold continues only if the call merely `moved` to another process of the same role.
        """
        try:
            async with asyncio.timeout(_ROW_LIMIT_S):
                row = await self._store.call(CallId(self._task.call))
        except (StoreError, TimeoutError) as error:
            log.warning("the call's row was not read", extra={"call": self._task.call, "error": str(error)})
            row = None
        ours = self._row_of_dispatch()
        if row is None:
            return ours
        held = (row.held_at, row.held_by) if moved else (None, None)
        return replace(ours, started_at=row.started_at, held_at=held[0], held_by=held[1])

    def _row_of_dispatch(self) -> Call:
        return Call(
            id=CallId(self._task.call),
            room=self._ctx.room.name,
            caller=self._task.caller,
            holder_role=self._role.id,
            holder_job=JobId(self._ctx.job.id),
            worker=self._process.parent.worker,
            started_at=self._process.clock.now_ms(),
        )
