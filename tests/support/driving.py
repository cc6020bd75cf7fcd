"""Drives real faults: finds processes by their jobs, kills them, and measures what the caller heard."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

import psutil

from local.measure.lanes import Span, longest_silence
from local.processes import Program
from local.stack import Stack
from persistence.records import Event, Handoff, HandoffState, JobId, Turn
from tests.support.conversation import Conversation, until
from tests.support.fault_report import strikes
from tests.support.running import busy_processes, fault, is_deciding, logged
from transfer.protocol import agent_identity
from transfer.states import TERMINAL

PROCESS_LIMIT_S = 15.0
AT_ONCE_LIMIT_MS = 100
"""Sound of the old agent that may still reach the caller after the next one begins, on busy cores
(transfer/target/target.py)."""

STORY = "please tell me everything about your company"
TO_BILLING = "I was charged twice for my last invoice"
TO_TECHNICAL = "my internet connection is very slow since yesterday"
STALLED = {"endpoint": "chat", "kind": "stall", "purpose": "screening", "count": 10, "stall_s": 60}
"""A screening target never decides."""

_TALKS_S = 1.0


class Moment(StrEnum):
    """The point in a call at which a process is killed."""

    TALKING = "talking"  # no handoff; the holder speaks
    DISPATCHING = "dispatching"
    BRIEFING = "briefing"
    ACCEPTED = "accepted"


@asynccontextmanager
async def brought_to(talk: Conversation, moment: Moment) -> AsyncIterator[Handoff | None]:
    """Brings a greeted call to `moment` and keeps it there during the block. Yields its handoff, if any."""
    match moment:
        case Moment.TALKING:
            await talk.says(STORY)
            await talk.caller.hears(talk.desk, since_ms=talk.said.end_ms, limit_s=20)
            await asyncio.sleep(_TALKS_S)
            yield None
        case Moment.DISPATCHING:
            with next_process_frozen(talk.stack):
                await talk.says(TO_BILLING)
                row = await talk.handoff(HandoffState.DISPATCHING)
                await _is_offered(talk, jobs=2)
                yield row
        case Moment.BRIEFING:
            async with fault(talk.stack, **STALLED):
                await talk.says(TO_TECHNICAL)
                row = await talk.handoff(HandoffState.BRIEFING)
                await is_deciding(talk.stack)
                yield row
        case Moment.ACCEPTED:
            await talk.says(TO_BILLING)
            yield await talk.handoff(HandoffState.ACCEPTED)


@contextmanager
def next_process_frozen(stack: Stack) -> Iterator[None]:
    """Freezes the process that will get the next job: the one that has been idle longest."""
    warm = [line["pid"] for line in logged(stack, message="process initialized")]
    busy = busy_processes(stack)
    waiting = [pid for pid in warm if pid not in busy and psutil.pid_exists(pid)]
    os.kill(waiting[0], signal.SIGSTOP)
    try:
        yield
    finally:
        with suppress(ProcessLookupError):  # the worker ends a job that is no longer wanted
            os.kill(waiting[0], signal.SIGCONT)


async def _is_offered(talk: Conversation, *, jobs: int) -> None:
    """Waits until livekit-server has offered the worker this many jobs for the room."""

    async def look() -> bool:
        return len(logged(talk.stack, message="received job request", room=talk.room)) >= jobs

    await until(look, "a job for the target")


async def process_of(stack: Stack, job: str) -> int:
    """Returns the pid of the process that runs this job, from the log of the worker's parent."""

    async def look() -> int | None:
        found = [line for line in logged(stack, message="process has a call") if line["job"] == job]
        return int(found[0]["pid"]) if found else None

    return await until(look, f"the process of {job}", limit_s=PROCESS_LIMIT_S)


@dataclass(frozen=True, slots=True)
class Killed:
    """A job whose process got a signal, and when, on the caller's clock in ms."""

    job: JobId
    at_ms: int


async def kill_holder(talk: Conversation, number: signal.Signals = signal.SIGKILL) -> Killed:
    """Kills the process of the current holder."""
    return await kill(talk, (await talk.call()).holder_job, number)


async def kill(talk: Conversation, job: str, number: signal.Signals = signal.SIGKILL) -> Killed:
    """Kills the process of one job."""
    process = await process_of(talk.stack, job)
    victim = "holder" if job == (await talk.call()).holder_job else "target"
    killed = Killed(JobId(job), talk.caller.now_ms)
    strikes(victim if number is signal.SIGKILL else "hung")
    os.kill(process, number)
    return killed


def kill_program(talk: Conversation, program: Program, what: str) -> int:
    """Kills a service, or only a worker's parent. Returns when, on the caller's clock.

    As the kernel does when memory runs out: the worker's job processes are then orphans.
    """
    at_ms = talk.caller.now_ms
    strikes(what)
    program.send(signal.SIGKILL)
    return at_ms


@dataclass(frozen=True, slots=True)
class Heard:
    """What the caller heard from a given moment until a new agent began to speak. In ms."""

    silence_ms: int  # the longest stretch without voice or music
    first_ms: int  # from that moment to the new voice's first sound


def heard_after(talk: Conversation, at_ms: int, newcomer: str) -> Heard:
    """Measures from the moment at which an agent was killed."""
    first = next(span.start_ms for span in talk.caller.sounds(newcomer) if span.end_ms > at_ms)
    lanes = (talk.caller.sounds(), talk.music_sounds())
    silent = longest_silence(lanes, since_ms=at_ms, until_ms=first)
    return Heard(silent.end_ms - silent.start_ms, first - at_ms)


def most_at_once_ms(talk: Conversation) -> int:
    """Returns the longest time for which two agents spoke at once: the caller must not hear two."""
    voices = [talk.caller.sounds(identity) for identity in talk.caller.speakers()]
    return max((_overlap(one, other) for one, other in combinations(voices, 2)), default=0)


def _overlap(one: Sequence[Span], other: Sequence[Span]) -> int:
    both = ((min(a.end_ms, b.end_ms) - max(a.start_ms, b.start_ms)) for a in one for b in other)
    return max(0, *both)


async def recovered_by(talk: Conversation, lost: Killed) -> str:
    """Returns the identity of the agent that replaced the lost holder."""

    async def look() -> str | None:
        call = await talk.call()
        return agent_identity(call.holder_job) if call.holder_job != lost.job and not call.lost_at else None

    return await until(look, "somebody in the lost agent's place")


async def hangs_up(talk: Conversation) -> None:
    """Hangs up and waits until the store has the call's end, before the test ends its workers."""
    await talk.caller.hang_up()
    await talk.ended()


async def losses(talk: Conversation) -> Sequence[Event]:
    """Returns an event for each time that the call lost its agent."""
    return [event for event in await talk.events() if (event.kind, event.moved_to) == ("call", "lost")]


def ends(events: Sequence[Event], handoff: str) -> Sequence[str]:
    """Returns every terminal state a handoff reached. There must be exactly one."""
    return [event.moved_to for event in events if event.subject == handoff and event.moved_to in TERMINAL]


def spoken(turns: Sequence[Turn]) -> Sequence[tuple[str, str]]:
    return [(turn.speaker, turn.text) for turn in turns]
