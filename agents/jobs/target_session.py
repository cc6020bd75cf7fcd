"""A target's own session: joins silently, makes its first words ready, goes on air when it holds the call."""

from __future__ import annotations

import asyncio
import logging

from livekit import rtc
from livekit.agents import Agent, AgentSession, AgentStateChangedEvent, APIError, JobContext
from livekit.agents.llm import ChatContext

from agents.audio.prepared_audio import PromptAudio, render_prompt
from agents.call.handoff_desk import HandoffDesk
from agents.groq.summary import Screener
from agents.process.process_context import ProcessContext
from agents.roster.role import MaxCalls, Role
from agents.session.agent_session import TAKING_OVER, make_session, start_session
from agents.session.context import context_with_brief, facts_of
from agents.session.persona import make_persona
from agents.session.transcript import Transcript
from errors import LineFailed, StoreError, SummaryFailed
from persistence.contract.store import Store
from persistence.records import CallId
from transfer.protocol import Brief, SummaryNote, TakeHandoff

log = logging.getLogger(__name__)

_JOIN_LIMIT_S = 5.0
_FIRST_SOUND_LIMIT_S = 3.0
_MANY = 10_000


class SessionStage:
    """`transfer.ports.Stage` for one attempt. On air, its session, turns and facts are the holder's."""

    def __init__(
        self,
        ctx: JobContext,
        warm: ProcessContext,
        store: Store,
        role: Role,
        task: TakeHandoff,
        desk: HandoffDesk,
    ) -> None:
        self._ctx, self._warm, self._store = ctx, warm, store
        self._role, self._task, self._desk = role, task, desk
        self._session: AgentSession[None] | None = None
        self.turns = Transcript(store, CallId(task.call), role.id, warm.clock, warm.write_queue)
        self.facts: dict[str, str] = {}
        self.notes: list[str] = []
        self._opening = role.opening_line("")
        self._opening_audio: PromptAudio | None = None
        self._persona: Agent | None = None

    @property
    def session(self) -> AgentSession[None]:
        """Made when it is first needed: until the answer is out, nothing may delay it."""
        if self._session is None:
            self._session = make_session(self._warm, self._role, TAKING_OVER)
        return self._session

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
        if brief.from_role == self._role.id:
            return True, ""  # it is ours already, in another process
        if isinstance(accepts, MaxCalls):
            try:
                calls = await self._store.calls(is_open=True, limit=_MANY)
            except StoreError:
                return True, ""  # nobody can be counted, and the caller comes first
            held = sum(1 for call in calls if call.ended_at is None and call.holder_role == self._role.id)
            return held < accepts.max_calls, "all of us are on other calls"
        if accepts == "screen":
            warm = self._warm
            screener = Screener(
                warm.groq,
                warm.settings.groq,
                warm.roster.screening_prompt,
                limit_s=warm.settings.handoff.answer_limit_s,
                breaker=warm.breaker,
            )
            try:
                return await screener.screen(self._role.instructions, brief, summary)
            except SummaryFailed:
                return False, "it could not be decided"  # silence is not acceptance
        return True, ""

    async def begin(self, brief: Brief) -> None:
        self.notes.extend(brief.notes)
        try:
            await self.turns.load()
            self.turns.attach(self.session)
            tools = self._warm.roster.house.tools
            self._persona = make_persona(self._role, tools, self._desk, self._knowing(brief, None))
            await start_session(self.session, self._persona, self._ctx.room, self._task.caller)
        except RuntimeError:
            log.exception("the session did not start", extra={"handoff": self._task.handoff})

    async def prepare(self, brief: Brief, summary: SummaryNote | None) -> None:
        unsummed = "" if brief.reason_is_private else brief.reason
        if brief.from_role == self._role.id:
            self._opening = self._warm.roster.house.lines.thanks
        else:
            self._opening = self._role.opening_line(summary.matter if summary else unsummed)
        if self._persona is not None and summary is not None:
            await self._persona.update_chat_ctx(self._knowing(brief, summary))
        await self._prepare_audio()

    def _knowing(self, brief: Brief, summary: SummaryNote | None) -> ChatContext:
        """The context, and the facts in it, which are the holder's later."""
        caller = self._ctx.room.remote_participants.get(self._task.caller)
        own = facts_of(self._role, caller.attributes if caller else {})
        self.facts = {**brief.facts, **(summary.facts if summary else {}), **own}
        return context_with_brief(self._warm.roster.house.notes, brief, summary, self.facts)

    async def _prepare_audio(self) -> None:
        assert self.session.tts is not None
        try:
            self._opening_audio = await render_prompt(self.session.tts, self._opening)
        except (APIError, RuntimeError) as error:
            log.warning("the opening could not be spoken", extra={"error": type(error).__name__})
            plain = self._warm.lines.line(self._role.voice, self._role.opening_line(""))
            if plain is not None:  # less to the point than the one that was wanted, but it will be heard
                self._opening, self._opening_audio = plain.text, plain

    async def go_on_air(self) -> int:
        started = asyncio.Event()

        def on_state(event: AgentStateChangedEvent) -> None:
            if event.new_state == "speaking":
                started.set()

        self.session.on("agent_state_changed", on_state)
        self.session.input.set_audio_enabled(True)
        self.session.reset_away_timer()  # before this nobody was expected to speak
        if self._opening_audio is None:
            self.session.say(self._opening)
        else:
            self.session.say(self._opening, audio=self._opening_audio.play())
        try:
            async with asyncio.timeout(_FIRST_SOUND_LIMIT_S):
                await started.wait()
        except TimeoutError:
            log.warning("no first sound in time", extra={"handoff": self._task.handoff})
        finally:
            self.session.off("agent_state_changed", on_state)
        return self._warm.clock.now_ms()

    async def leave(self) -> None:
        if self._session is not None:
            await self._session.aclose()
        self._ctx.shutdown("not needed")
