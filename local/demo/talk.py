"""The scripted caller: waits for its turn and says its next line."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from errors import SetupFailed
from local.caller.caller import Caller
from local.groq_standin.script import CallerLine
from local.measure.lanes import Span

Tell = Callable[[str], None]

ANSWER_LIMIT_S = 20.0  # for a greeting, a reply or an opening to begin
SPEECH_LIMIT_S = 40.0  # for an agent to finish speaking, or a target to begin
GOODBYE_LIMIT_S = 15.0  # for the agent to end the call
PAUSE_S = 0.8  # of silence, after which a person starts to speak


async def talk(caller: Caller, lines: Sequence[CallerLine], tell: Tell) -> None:
    """Hold the whole conversation. Raises: SetupFailed (says what was not heard), ConnectionError."""
    desk, last = lines[0].to, Span(0, 0)
    speaker = await _next_voice(caller, None, since_ms=0, awaited="the greeting")
    tell(f"{desk} greets the caller, {caller.now_ms / 1000:.1f} s after connecting")
    for line in lines:
        if line.to != desk:
            desk, speaker = line.to, await _another_voice(caller, speaker, desk=str(line.to))
            tell(f"{desk} speaks to the caller")
        elif last.end_ms:
            await _next_voice(caller, speaker, since_ms=last.end_ms, awaited=f"{desk}'s reply")
        await caller.hears_out(pause_s=PAUSE_S, limit_s=SPEECH_LIMIT_S)
        tell(f"caller: “{line.text}”")
        last = await caller.say(*line.parts, pause_s=line.pause_s)
    await _leave(caller, tell)


async def _next_voice(caller: Caller, speaker: str | None, *, since_ms: int, awaited: str) -> str:
    try:
        return await caller.hears(speaker, since_ms=since_ms, limit_s=ANSWER_LIMIT_S)
    except TimeoutError as error:
        raise SetupFailed(f"the caller did not hear {awaited} within {ANSWER_LIMIT_S:.0f} s") from error


async def _another_voice(caller: Caller, known: str, *, desk: str) -> str:
    """Wait for a voice other than `known`, who still speaks the hold line and the introduction."""
    try:
        return await caller.hears(other_than={known}, since_ms=0, limit_s=SPEECH_LIMIT_S)
    except TimeoutError as error:
        raise SetupFailed(f"the caller did not hear {desk} within {SPEECH_LIMIT_S:.0f} s") from error


async def _leave(caller: Caller, tell: Tell) -> None:
    """Wait for the agent to end the call after its goodbye. If it does not, hang up."""
    try:
        await caller.is_hung_up_on(limit_s=GOODBYE_LIMIT_S)
    except TimeoutError:
        tell("the caller hangs up")
        await caller.hang_up()
    else:
        tell("the desk has ended the call")
