"""One call of a soak: a caller who is greeted, asks, is handed over, and says goodbye, whatever happens."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from livekit import rtc

from bench.soak.environment import Environment
from bench.soak.killing import kill_as_planned
from bench.soak.plan import Kill
from local.caller.caller import Caller
from local.caller.tape import RATE_HZ, Samples
from local.desk.care_team import ROLE
from local.measure.caller_experience import length_ms, longest_wait, talking_at_once
from local.measure.lanes import Span
from local.speech import CALLER, synthesize
from persistence.records import HandoffState

ASK = "I was charged twice for my last invoice"
ASK_PERSON = "I would like to speak with a real person"
GOODBYE = "no that is all thank you goodbye"

ANSWER_LIMIT_S = 20.0
"""A caller who hears no voice for this long counts as lost."""

_SPEECH_LIMIT_S = 30.0
_HANDOFF_LIMIT_S = 40.0
_GOODBYE_LIMIT_S = 15.0
_TALK_LIMIT_S = 60.0  # for a person's talk
_PAUSE_S = 0.7  # of silence, after which it is the caller's turn
_LINES_AT_MOST = 8
_ASKS_AT_MOST = 3
_LOOK_S = 0.1


NOTHING = Span(0, 0)


@dataclass(frozen=True, slots=True)
class Lines:
    """The callers' lines, synthesised once for all of them."""

    ask: Samples
    ask_person: Samples
    goodbye: Samples

    @classmethod
    def spoken(cls) -> Lines:
        def samples(line: str) -> Samples:
            return synthesize(line, CALLER, sample_rate=RATE_HZ).samples

        return cls(samples(ASK), samples(ASK_PERSON), samples(GOODBYE))


@dataclass(frozen=True, slots=True)
class Outcome:
    """One call's outcome. `lost` says how the caller was lost, "" if not. Spans are on the caller's clock.

    `silence` is the longest one. `duplicates` are the times when two agents talked at once.
    """

    number: int
    handed_over: bool
    lost: str
    killed: bool
    silence: Span = NOTHING
    duplicates: tuple[Span, ...] = ()

    @property
    def silence_ms(self) -> int:
        return length_ms(self.silence)


class Lost(Exception):
    """The caller has no agent any more."""


async def play_call(
    env: Environment, number: int, lines: Lines, kill: Kill | None, *, person: bool = False
) -> Outcome:
    """Play one whole call; the outcome says what happened in it. `person`: the caller asks for a person."""
    room = f"soak-{number:05d}"
    caller: Caller | None = None
    lost, killed = "", False
    try:
        async with Caller.join(env.stack.livekit.url, env.token(room)) as caller:
            talking = asyncio.create_task(_talk(env, room, caller, lines, person))
            killing = asyncio.create_task(kill_as_planned(env, room, caller, kill))
            try:
                await talking
            finally:
                killing.cancel()
                (struck,) = await asyncio.gather(killing, return_exceptions=True)
                killed = struck is True
    except (Lost, ConnectionError, TimeoutError, rtc.ConnectError) as error:
        lost = str(error) or type(error).__name__
        await env.close(room)
    handoff = await env.handoff_in(room)
    return _outcome(
        number, caller, lost, killed, handoff is not None and handoff.state is HandoffState.COMPLETED
    )


def _outcome(number: int, caller: Caller | None, lost: str, killed: bool, handed_over: bool) -> Outcome:
    if caller is None:
        return Outcome(number, handed_over, lost, killed)
    voices = {identity: caller.sounds(identity) for identity in caller.speakers()}
    wait = longest_wait(
        caller.said_sounds(),
        [span for spans in voices.values() for span in spans],
        caller.sounds(music=True),
    )
    return Outcome(number, handed_over, lost, killed, wait, tuple(talking_at_once(voices)))


async def _talk(env: Environment, room: str, caller: Caller, lines: Lines, person: bool) -> None:
    """Talk until the caller is let go. Raises: Lost."""
    said_ms, asks = 0, 0
    for _ in range(_LINES_AT_MOST):
        await _hears(caller, since_ms=said_ms)
        state = await _after_handoff(env, room, caller)
        if person and state is HandoffState.COMPLETED and not await _is_handed_back(env, room, caller):
            return
        asking = state is not HandoffState.COMPLETED and asks < _ASKS_AT_MOST
        asks += asking
        ask = lines.ask_person if person else lines.ask
        said = await _says(caller, ask if asking else lines.goodbye)
        if said is None:
            raise Lost("the room was closed before a goodbye")
        said_ms = said
        if not asking and await _is_let_go(caller):
            return
    raise Lost("the call never ended")


async def _hears(caller: Caller, *, since_ms: int) -> None:
    try:
        await caller.hears(since_ms=since_ms, limit_s=ANSWER_LIMIT_S)
    except TimeoutError:
        raise Lost(f"nobody spoke for {ANSWER_LIMIT_S:.0f} s") from None


async def _after_handoff(env: Environment, room: str, caller: Caller) -> HandoffState | None:
    """Wait for the caller's turn: no handoff is open, and nobody speaks. Returns the last handoff's state."""
    while True:
        async with asyncio.timeout(_HANDOFF_LIMIT_S):
            while (handoff := await env.handoff_in(room)) and not handoff.is_over:  # noqa: ASYNC110
                await asyncio.sleep(_LOOK_S)  # the store sends no notice of changes
        await caller.hears_out(pause_s=_PAUSE_S, limit_s=_SPEECH_LIMIT_S)
        latest = await env.handoff_in(room)
        if (latest and latest.id) == (handoff and handoff.id):
            return handoff.state if handoff else None


async def _is_handed_back(env: Environment, room: str, caller: Caller) -> bool:
    """Wait until the person hands the caller back (True) or ends the call (False). Raises: Lost."""
    gone = asyncio.create_task(caller.is_hung_up_on(limit_s=_TALK_LIMIT_S))
    try:
        while not gone.done():
            call = await env.call_in(room)
            if call is not None and call.holder_role != ROLE and call.lost_at is None:
                await caller.hears_out(pause_s=_PAUSE_S, limit_s=_SPEECH_LIMIT_S)
                return True
            await asyncio.sleep(_LOOK_S)
        await gone
    except TimeoutError:
        raise Lost(f"a person talked for {_TALK_LIMIT_S:.0f} s") from None
    finally:
        gone.cancel()
        await asyncio.gather(gone, return_exceptions=True)
    return False


async def _says(caller: Caller, line: Samples) -> int | None:
    """Say the line. Returns when it ended; None if the room was closed meanwhile."""
    try:
        return (await caller.play(line)).end_ms
    except ConnectionError:
        return None


async def _is_let_go(caller: Caller) -> bool:
    """Whether the agent ends the call. An agent that did not understand the goodbye asks again."""
    gone = asyncio.create_task(caller.is_hung_up_on(limit_s=_GOODBYE_LIMIT_S))
    (over,) = await asyncio.gather(gone, return_exceptions=True)
    return over is None
