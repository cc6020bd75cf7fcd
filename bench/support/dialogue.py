"""The scripted caller's part: says a line, listens to the answer, and keeps what a measurement needs."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from bench.support.environment import NotMeasured
from bench.support.sound_match import line_spoken, reply_after, trimmed
from local.caller.caller import Caller
from local.caller.tape import RATE_HZ, Samples
from local.groq_standin.script import CallerLine, RoleScript
from local.measure.lanes import Span
from local.speech import CALLER, GROQ_VOICES, Speech, join, synthesize

ANSWER_LIMIT_S = 20.0
SPEECH_LIMIT_S = 30.0
ENOUGH_MS = 500
"""The shortest time to listen to a voice so that the recording places its first sound exactly."""

_TURN_S = 0.5  # of silence, after which it is the caller's turn
_SECOND_REPLY_S = 1.0  # as above, after a line with pauses: an agent that interrupted may answer again


@dataclass(frozen=True, slots=True)
class Pauses:
    """How many sentences were said with a pause inside, and how many of them the agent interrupted."""

    said: int = 0
    cut: int = 0

    def __add__(self, other: Pauses) -> Pauses:
        return Pauses(self.said + other.said, self.cut + other.cut)


@dataclass(frozen=True, slots=True)
class Said:
    """A line, and when it sounded, from its first sound to its last."""

    line: CallerLine
    span: Span


async def hear_greeting(caller: Caller) -> str:
    """Listen to the first agent until it falls silent. Returns its identity."""
    agent = await caller.hears(since_ms=0, limit_s=ANSWER_LIMIT_S)
    await caller.hears_out(agent, pause_s=_TURN_S, limit_s=SPEECH_LIMIT_S)
    return agent


async def converse(
    caller: Caller, agent: str, lines: Sequence[CallerLine], *, to_the_end: bool = True
) -> list[Said]:
    """Say each line and hear its whole answer; without `to_the_end`, only the start of the last one."""
    said = []
    for line in lines:
        said.append(await say(caller, line))
        await caller.hears(agent, since_ms=said[-1].span.end_ms, limit_s=ANSWER_LIMIT_S)
        if to_the_end or line is not lines[-1]:
            pause_s = _SECOND_REPLY_S if len(line.parts) > 1 else _TURN_S
            await caller.hears_out(agent, pause_s=pause_s, limit_s=SPEECH_LIMIT_S)
        else:
            await caller.hears(agent, since_ms=caller.now_ms + ENOUGH_MS, limit_s=ANSWER_LIMIT_S)
    return said


async def say(caller: Caller, line: CallerLine) -> Said:
    samples = await asyncio.to_thread(line_samples, line)
    return Said(line, await caller.play(samples))


def line_samples(line: CallerLine) -> Samples:
    """Return the line without silence at its ends. Pauses inside are exactly as long as the script says."""
    spoken = [synthesize(part, CALLER, sample_rate=RATE_HZ) for part in line.parts]
    parts = [Speech(trimmed(part.samples), RATE_HZ) for part in spoken]
    return join(parts, pause_s=line.pause_s).samples


def latencies(said: Sequence[Said], agent: Sequence[Span]) -> list[int]:
    """Return the times from the caller's last sound to the agent's first, in ms. Raises: NotMeasured."""
    found = []
    for each in said:
        reply = reply_after(each.span, agent)
        if reply is None or reply.start_ms < each.span.end_ms:
            how = "was not answered" if reply is None else "was interrupted"
            raise NotMeasured(f"“{each.line.text}” {how}")
        found.append(reply.start_ms - each.span.end_ms)
    return found


def pauses(said: Sequence[Said], caller: Caller, agent: str, role: RoleScript, voice: str) -> Pauses:
    """Count interrupted lines: the agent began before their end, or answered only a part of them."""
    sounds, audio = caller.sounds(agent), caller.audio(agent)
    cut = 0
    for each in said:
        reply = reply_after(each.span, sounds)
        if reply is None:
            raise NotMeasured(f"“{each.line.text}” was not answered")
        heard = audio[each.span.end_ms * RATE_HZ // 1000 : reply.end_ms * RATE_HZ // 1000]
        early = reply.start_ms < each.span.end_ms
        cut += early or _answered(heard, role, voice) != each.line.text
    return Pauses(len(said), cut)


def _answered(heard: Samples, role: RoleScript, voice: str) -> str:
    """Return the caller's line that the words in `heard` answer."""
    answers = {exchange.say: exchange.patterns[0] for exchange in role.exchanges if exchange.say}
    if role.otherwise:
        answers[role.otherwise] = ""
    spoken = {text: synthesize(text, GROQ_VOICES[voice], sample_rate=RATE_HZ).samples for text in answers}
    return answers[line_spoken(heard, spoken)]
