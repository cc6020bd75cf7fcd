"""A role's own tools as LiveKit's function tools, and what the caller hears while one works."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, nullcontext
from functools import partial
from itertools import cycle
from typing import Any

from livekit.agents import NOT_GIVEN, RunContext
from livekit.agents.llm import RawFunctionTool, ToolResult, function_tool
from livekit.agents.voice import SpeechHandle

from agents.call.active_call import ActiveCall
from agents.keys.digits_tool import digits_tool
from agents.keys.press_tool import press_tool
from agents.keys.question import DigitQuestion
from agents.roster.checked import fill
from agents.tools.own_tool import OwnTool

_FIRST_WORD_S = 0.4
"""Seconds of silence until the first word. With a prepared line's own time it is below a second; a tool
that answers sooner needs none."""
_AGAIN_S = 0.8
"""Seconds of silence until the next word. If the tool answers first, the reply takes another second."""
_BESIDE_S = 1.0
"""The same after the caller has spoken: they may be about to continue with something else."""
_LOOK_S = 0.1


def key_tools_of(call: ActiveCall) -> Sequence[RawFunctionTool[..., Any]]:
    """Return the tools for keys that the role's file allows: ask for digits, press keys. Without fillers."""
    words, tools = call.process.roster.house.tools, []
    if call.role.keys:
        say = partial(_say, call, kept=True)
        question = DigitQuestion(call.key_pad, say, call.role.spoken_lines)
        tools.append(digits_tool(call.role, words, question, call.typed))
    if call.role.presses_keys:
        tools.append(press_tool(words, call.ctx.room, call.row.caller))
    return [function_of(tool, fillers=False) for tool in tools]


def function_of(tool: OwnTool, *, fillers: bool = True) -> RawFunctionTool[..., Any]:
    """Return the tool as a function for the model. It always answers in words, on failure by a ToolError.

    `fillers`: from time to time, the caller hears that the tool is working.
    """

    async def use(raw_arguments: dict[str, object], context: RunContext[ActiveCall]) -> str | ToolResult:
        waiting = _words_meanwhile(tool, context) if fillers else nullcontext()
        async with waiting, _given_way(tool, context):
            return await context.userdata.tools.use(tool, raw_arguments, context)

    return function_tool(
        use,
        raw_schema={
            "name": tool.name,
            "description": tool.description,
            "parameters": dict(tool.asked_parameters),
        },
    )


@asynccontextmanager
async def _words_meanwhile(tool: OwnTool, context: RunContext[ActiveCall]) -> AsyncIterator[None]:
    """While the tool works, say a few words soon, and again after each silence, if nobody else speaks."""
    call = context.userdata
    lines = call.role.spoken_lines
    first = tool.policy.says or lines.one_moment
    later = cycle([lines.still_at_it, lines.one_moment])

    def again(_: int) -> SpeechHandle | None:
        return _say(call, next(later))

    async with (
        context.with_filler(lambda _: _say(call, first), delay=_FIRST_WORD_S),
        context.with_filler(again, delay=_AGAIN_S, interval=_LOOK_S),
        _uninterrupted(context).with_filler(again, delay=_BESIDE_S, interval=_LOOK_S),
    ):
        yield


def _uninterrupted(context: RunContext[ActiveCall]) -> RunContext[ActiveCall]:
    """Return a context whose fillers continue if the caller interrupts the speech that uses the tool."""
    return RunContext(
        session=context.session, speech_handle=SpeechHandle.create(), function_call=context.function_call
    )


@asynccontextmanager
async def _given_way(tool: OwnTool, context: RunContext[ActiveCall]) -> AsyncIterator[None]:
    """Answer a caller who speaks meanwhile at once: the model learns that the tool is still running.

    Without this, LiveKit would wait 5 s for the tool. The tool's answer comes later, as a separate reply.
    """
    working = fill(context.userdata.process.roster.house.tools.working, tool=tool.name)
    over = asyncio.get_running_loop().create_future()

    async def watch() -> None:
        await context.speech_handle.wait_if_not_interrupted([over])
        if not over.done():
            await context.update(working, template="{message}", silent=True)

    watching = asyncio.create_task(watch())
    try:
        yield
    finally:
        over.set_result(None)
        await asyncio.wait({watching})


def _say(call: ActiveCall, line: str, *, kept: bool = False) -> SpeechHandle | None:
    """Start to say the line. None: the agent must be silent now. `kept`: the line goes into the context."""
    if call.occupied:
        return None
    prepared = call.process.lines.line(call.role.voice, line)
    audio = NOT_GIVEN if prepared is None else prepared.play()
    return call.session.say(line, audio=audio, add_to_chat_ctx=kept)
