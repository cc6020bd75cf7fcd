"""Uses of the role's own tools in a call: each is recorded first, has a limit, and ends in words."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from functools import partial
from typing import Any

from livekit.agents import RunContext
from livekit.agents.llm import ToolError, ToolResult

from agents.call.active_call import ActiveCall
from agents.roster.checked import fill
from agents.session.caller_words import CallersYes, acts_on_answer, asks_for
from agents.session.context import told_facts
from agents.tools.fact import ASK_FOR_DIGITS, MOST_FACTS, fact_of
from agents.tools.outcome import Outcome, outcome_of
from agents.tools.own_tool import OwnTool, Use
from agents.tools.row import new_use
from errors import StoreError, StoreRefused
from persistence.records import JobId, ToolUse, ToolUseState
from transfer.protocol import Fact

log = logging.getLogger(__name__)

_ROW_LIMIT_S = 3.0
"""How long a tool that must not be used twice waits for its row. Without the row, the tool is not used."""
_LOOK_S = 1.0


class ToolUses:
    """One call's uses of tools. Once this agent's part in the call is over, no reply waits for a use.

    A use that must not happen twice is not cancelled then: it may run up to its limit, so that its row says
    how it ended.
    """

    def __init__(self, call: ActiveCall) -> None:
        self._call = call
        self._stopped = asyncio.Event()
        self._going_on: set[asyncio.Task[None]] = set()
        self._yes = CallersYes()
        self._waiting = 0

    @property
    def working(self) -> bool:
        """Whether the caller waits for a tool."""
        return self._waiting > 0

    def stop(self) -> None:
        """Stop waiting for uses: this agent's part in the call is over."""
        self._stopped.set()

    async def finished(self) -> None:
        """Wait for the uses that still run, each up to its limit."""
        if self._going_on:
            await asyncio.wait(self._going_on)

    async def use(
        self, tool: OwnTool, arguments: dict[str, Any], context: RunContext[ActiveCall]
    ) -> str | ToolResult:
        """Use the tool as the model asks, and return the words for the model. Raises: ToolError."""
        words = self._call.process.roster.house.tools
        arguments = tool.with_typed(tool.given(arguments), self._typed_for(tool))
        if wrong := tool.misfit(arguments):
            raise ToolError(f"{fill(words.failed, tool=tool.name)} {wrong}")
        self._check_caller(tool, arguments, context)
        wanted = new_use(
            tool,
            arguments,
            call=self._call.row.id,
            role=self._call.role.id,
            job=JobId(self._call.ctx.job.id),
            at=self._call.process.clock.now_ms(),
            redactor=self._call.redactor,
            key=self._call.process.settings.livekit.api_secret,
        )
        row = await self._begin(wanted)
        if row is None:
            raise ToolError(fill(words.failed, tool=tool.name))
        if row.id != wanted.id:
            return self._told_of(row)
        self._know(row, row.state)  # before it ends: a handoff may come meanwhile
        outcome = await self._worked(tool, arguments, row, context)
        told = self._told(tool.name, outcome.state, outcome.answer, once=tool.policy.once)
        return told if outcome.reply else ToolResult(told, reply_required=False)

    def _typed_for(self, tool: OwnTool) -> dict[str, str]:
        """Return what the caller has typed for the tool, by parameter. Raises: ToolError, if any is missing.

        A number that is not secret may have been typed for an earlier agent.
        """
        typed: dict[str, str] = {}
        for parameter, name in tool.policy.from_keys.items():
            digits, fact = self._call.typed.get(name), self._call.facts.get(name)
            if digits is None and fact is not None and fact.source == "keys":
                digits = fact.value
            if digits is None or not digits.isdecimal():
                raise ToolError(fill(self._call.process.roster.house.tools.keys_first, tool=tool.name))
            typed[parameter] = digits
        return typed

    def _check_caller(
        self, tool: OwnTool, arguments: dict[str, Any], context: RunContext[ActiveCall]
    ) -> None:
        """Check that the caller has said the words that the tool needs. Raises: ToolError, if not."""
        if not (tool.policy.once or tool.policy.confirm):
            return
        words, said = self._call.process.roster.house.tools, context.session.current_agent.chat_ctx
        if acts_on_answer(said, self._call.role.own_names) and not asks_for(said, tool.name):
            raise ToolError(fill(words.not_asked, tool=tool.name))
        if tool.policy.confirm and not self._yes.given(said, (tool.name, repr(sorted(arguments.items())))):
            raise ToolError(fill(words.ask_first, tool=tool.name))

    async def _begin(self, use: ToolUse) -> ToolUse | None:
        """Record the use. Returns its row, or an earlier use's row that prevents it; None: do not use it."""
        begin = partial(self._call.store.begin_tool_use, use)
        queue = self._call.process.write_queue
        try:
            if not use.once:
                return await queue.write(begin) or use
            async with asyncio.timeout(_ROW_LIMIT_S):
                return await begin()
        except (StoreError, TimeoutError) as error:
            why = {"call": use.call_id, "tool": use.tool, "error": type(error).__name__}
            log.warning("tool not used: its row was not written", extra=why)
            if not isinstance(error, StoreRefused):  # the write may still land
                queue.enqueue(self._ending(use, Outcome(ToolUseState.FAILED)))
            return None

    async def _worked(
        self, tool: OwnTool, arguments: dict[str, Any], row: ToolUse, context: RunContext[ActiveCall]
    ) -> Outcome:
        work = asyncio.ensure_future(tool.work(dict(arguments), Use(context, row.idempotency_key)))
        limit_s = tool.policy.limit_s
        ending = asyncio.create_task(self._ended(tool, arguments, row, work, limit_s))
        stopped = asyncio.create_task(self._stopped.wait())
        self._waiting += 1
        try:
            await asyncio.wait({ending, stopped}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._waiting -= 1
            stopped.cancel()
            if not ending.done():
                self._leave(tool, ending, work)
        return ending.result() if ending.done() else Outcome(ToolUseState.BEGUN)

    def _leave(self, tool: OwnTool, ending: asyncio.Task[Outcome], work: asyncio.Future[object]) -> None:
        """Stop waiting for a use, but still have its end recorded."""
        if not tool.policy.once:
            work.cancel()
        task = asyncio.create_task(self._see_to(ending))
        self._going_on.add(task)
        task.add_done_callback(self._going_on.discard)

    async def _see_to(self, ending: asyncio.Task[Outcome]) -> None:
        await asyncio.wait({ending})

    async def _ended(
        self,
        tool: OwnTool,
        arguments: dict[str, Any],
        row: ToolUse,
        work: asyncio.Future[object],
        limit_s: float,
    ) -> Outcome:
        """Wait for the work, record how it ended, and keep what it found as a fact."""
        await asyncio.wait({work}, timeout=limit_s)
        outcome = outcome_of(work, tool, arguments)
        if not work.done():
            work.cancel()  # nobody waits for a tool that ignores this
            work.add_done_callback(_retrieved)
        ended = self._ending(row, outcome)
        if tool.policy.once:
            await self._written(ended)
        else:
            self._call.process.write_queue.enqueue(ended)
        self._know(row, outcome.state, outcome.answer)
        took_ms = self._call.process.clock.now_ms() - row.began_at
        log.info("tool used", extra={"tool": tool.name, "state": outcome.state, "ms": took_ms, **outcome.why})
        return outcome

    async def _written(self, ended: Any) -> None:
        try:
            await self._call.process.write_queue.write(ended)
        except StoreRefused as error:
            log.warning("how a tool ended was not recorded", extra={"error": type(error).__name__})

    def _ending(self, row: ToolUse, outcome: Outcome) -> Any:
        return partial(
            self._call.store.end_tool_use,
            row.id,
            outcome.state,
            job=row.job,
            answer=self._redacted(row, outcome.answer),
            at=self._call.process.clock.now_ms(),
        )

    def _know(self, row: ToolUse, state: ToolUseState, answer: str = "") -> Mapping[str, Fact]:
        """Keep the use's facts, and return the new ones. Only the latest facts from tools are kept.

        Facts go to the next agent, so they are redacted like the row. Our own model has the answer itself.
        """
        facts, answer = self._call.facts, self._redacted(row, answer)
        new = {name: told for name, told in fact_of(row, state, answer).items() if facts.get(name) != told}
        for name in new:
            facts.pop(name, None)
        facts.update(new)
        oldest = [name for name, told in facts.items() if told.source == "tool"][:-MOST_FACTS]
        for name in oldest:
            del facts[name]
        return new

    def _redacted(self, row: ToolUse, answer: str) -> str:
        """Redact an answer. Digits alone do not show their kind, so the question about them is considered."""
        name = str(json.loads(row.arguments).get("name")) if row.tool == ASK_FOR_DIGITS else ""
        says = (entry.says for entry in self._call.role.keys if entry.name == name)
        return self._call.redactor.redact(answer, " ".join([name.replace("_", " "), *says]))

    def _told_of(self, row: ToolUse) -> str:
        """Return the words for the model about an earlier use that prevents this one."""
        words = self._call.process.roster.house.tools
        if row.state is ToolUseState.DONE:
            told = self._told(row.tool, row.state, row.answer, once=True)
            return f"{fill(words.already, tool=row.tool)} {told}"
        return self._told(
            row.tool, row.state if row.job == self._call.ctx.job.id else ToolUseState.UNKNOWN, "", once=True
        )

    def _told(self, name: str, state: ToolUseState, answer: str, *, once: bool) -> str:
        words = self._call.process.roster.house.tools
        late = words.unknown if once else words.late
        line = {
            ToolUseState.BEGUN: words.working,
            ToolUseState.DONE: words.answered,
            ToolUseState.FAILED: words.failed,
            ToolUseState.LATE: late,
            ToolUseState.UNKNOWN: words.unknown,
        }.get(state, words.unknown)
        return f"{fill(line, tool=name)}\n{answer}" if answer else fill(line, tool=name)

    async def follow_earlier_uses(self) -> None:
        """Add to this agent's context how uses of another process end, such as those before a handoff."""
        ours = JobId(self._call.ctx.job.id)
        while True:
            try:
                uses = await self._call.store.tool_uses(self._call.row.id)
            except StoreError:
                return
            others = [use for use in uses if use.job != ours]
            for use in others:
                if new := self._know(use, use.state, use.answer):
                    await self._call.voice.add_to_context(told_facts(new))
            if not any(use.state is ToolUseState.BEGUN for use in others):
                return
            await asyncio.sleep(_LOOK_S)


def _retrieved(work: asyncio.Future[object]) -> None:
    if not work.cancelled():
        work.exception()
