"""Faults driven for real: processes found by their jobs and killed, and what the caller heard of it."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from local.lanes import Span, longest_silence
from local.stack import Stack
from persistence.records import Event, JobId, Turn
from tests.acceptance.conversation import Conversation, until
from tests.acceptance.running import logged
from tests.fault_report import strikes
from transfer.livekit_line import agent_identity
from transfer.states import TERMINAL

PROCESS_LIMIT_S = 15.0


async def process_of(stack: Stack, job: str) -> int:
    """The process that has this job, by what its worker's parent wrote down."""

    async def look() -> int | None:
        found = [line for line in logged(stack, message="a process has a call") if line["job"] == job]
        return int(found[0]["pid"]) if found else None

    return await until(look, f"the process of {job}", limit_s=PROCESS_LIMIT_S)


async def kill_holder(talk: Conversation, number: signal.Signals = signal.SIGKILL) -> int:
    """Kill the process that holds the call now; returns when, on the caller's clock, in ms."""
    return await kill(talk, (await talk.call()).holder_job, number)


async def kill(talk: Conversation, job: str, number: signal.Signals = signal.SIGKILL) -> int:
    """Kill one job's process; returns when, on the caller's clock, in ms."""
    process = await process_of(talk.stack, job)
    at_ms = talk.caller.now_ms
    strikes("holder")
    os.kill(process, number)
    return at_ms


@dataclass(frozen=True, slots=True)
class Heard:
    """What the caller heard from a moment on until somebody new had begun to speak, in ms."""

    silence_ms: int  # the longest stretch in which no voice and no music sounded
    first_ms: int  # from that moment to the new voice's first sound


def heard_after(talk: Conversation, at_ms: int, newcomer: str) -> Heard:
    """Of a moment at which an agent was killed."""
    first = next(span.start_ms for span in talk.caller.sounds(newcomer) if span.end_ms > at_ms)
    lanes = (talk.caller.sounds(), talk.music_sounds())
    silent = longest_silence(lanes, since_ms=at_ms, until_ms=first)
    return Heard(silent.end_ms - silent.start_ms, first - at_ms)


def most_at_once_ms(talk: Conversation) -> int:
    """For how long two agents' voices sounded at the same time, at most: the caller must not hear two."""
    voices = [talk.caller.sounds(identity) for identity in talk.caller.speakers()]
    return max((_overlap(one, other) for one, other in combinations(voices, 2)), default=0)


def _overlap(one: Sequence[Span], other: Sequence[Span]) -> int:
    both = ((min(a.end_ms, b.end_ms) - max(a.start_ms, b.start_ms)) for a in one for b in other)
    return max(0, *both)


async def recovered_by(talk: Conversation, lost: JobId) -> str:
    """The identity of whoever has taken the lost holder's place."""

    async def look() -> str | None:
        call = await talk.call()
        return agent_identity(call.holder_job) if call.holder_job != lost and not call.lost_at else None

    return await until(look, "somebody in the lost agent's place")


async def losses(talk: Conversation) -> Sequence[Event]:
    return [event for event in await talk.events() if event.moved_to == "lost"]


def ends(events: Sequence[Event], handoff: str) -> Sequence[str]:
    """Every end that a handoff had. There must be one."""
    return [event.moved_to for event in events if event.subject == handoff and event.moved_to in TERMINAL]


def spoken(turns: Sequence[Turn]) -> Sequence[tuple[str, str]]:
    return [(turn.speaker, turn.text) for turn in turns]
