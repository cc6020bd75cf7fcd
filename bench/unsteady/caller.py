"""A persistent caller: repeats a line until it is understood, and measures the silence."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from uuid import uuid4

from livekit import api, rtc

from local.caller.caller import Caller
from local.caller.token import caller_token
from local.measure.caller_experience import length_ms, longest_wait
from local.stack import Stack
from persistence.contract.store import Store
from persistence.records import CALLER, Call, CallEnd, HandoffState, Turn
from transfer.states import TERMINAL

TRIES = 8
_WORDS_LIMIT_S = 15.0
_SPEECH_LIMIT_S = 40.0
_ANSWER_LIMIT_S = 12.0
_PAUSE_S = 0.8
_LOOK_S = 0.1
_ENDED_LIMIT_S = 15.0
_ROW_LIMIT_S = 3.0


class Outcome(StrEnum):
    """What became of a caller."""

    SERVED = "served"  # every line was answered, and the desk ended the call
    CALLED_BACK = "called_back"  # held for long, then promised a call back
    UNSERVED = "unserved"  # heard words to the end, but one of their lines was never understood
    LOST = "lost"  # left without words, or without an agent


@dataclass(frozen=True, slots=True)
class Line:
    """What the caller says, and words of the answer, or of another desk's opening if it `moves` the call.

    `meanwhile`: words that fill the time until the answer, while a tool works on it.
    """

    say: str
    answer: str
    moves: bool = False
    meanwhile: str = ""


@dataclass(frozen=True, slots=True)
class Served:
    """A call's result. `silence_ms` is the longest silence that only an agent could have ended.

    `silent_at` is the UTC time at which it began, to find it in the worker's log. `tries` are those of all
    lines.
    """

    room: str
    outcome: Outcome
    silence_ms: int
    silent_at: str
    tries: int
    why: str = ""


class Unserved(Exception):
    """A line was said as often as allowed, and never answered."""


async def call(stack: Stack, store: Store, livekit: api.LiveKitAPI, lines: Sequence[Line]) -> Served:
    """Play one whole call and close its room. The result says what happened in the call."""
    room = f"unsteady-{uuid4()}"
    keys = stack.livekit
    token = caller_token(
        keys.api_key, keys.api_secret, room=room, identity=CALLER, agent_name=stack.agent_name
    )
    try:
        async with Caller.join(keys.url, token) as caller:
            talk = _Talk(caller, store, room)
            outcome, why = await _outcome(talk, lines)
            silence = longest_wait(caller.said_sounds(), caller.sounds(), caller.sounds(music=True))
            at = datetime.fromtimestamp((caller.zero_at + silence.start_ms) / 1000, UTC).time()
            return Served(room, outcome, length_ms(silence), at.isoformat("milliseconds"), talk.tries, why)
    finally:
        try:
            await livekit.room.delete_room(api.DeleteRoomRequest(room=room))
        except api.ServerError as error:
            if error.code != "not_found":
                raise


async def _outcome(talk: _Talk, lines: Sequence[Line]) -> tuple[Outcome, str]:
    try:
        await talk.is_greeted()
        for line in lines:
            await talk.gets_across(line)
        await talk.is_let_go()
    except Unserved as error:
        return Outcome.UNSERVED, str(error)
    except (TimeoutError, ConnectionError, rtc.ConnectError) as error:
        how = await talk.ended_how()
        if how is CallEnd.CALL_BACK:
            return Outcome.CALLED_BACK, ""
        if how is CallEnd.GOODBYE and talk.at == lines[-1].say:
            return Outcome.SERVED, ""
        return Outcome.LOST, f"{type(error).__name__} at: {talk.at}"
    return Outcome.SERVED, ""


class _Talk:
    """One caller's talk. `at` says how far the talk has got."""

    def __init__(self, caller: Caller, store: Store, room: str) -> None:
        self._caller, self._store, self._room = caller, store, room
        self.tries = 0
        self.at = "the greeting"

    async def row(self) -> Call | None:
        return next((call for call in await self._store.calls(limit=1_000) if call.room == self._room), None)

    async def ended_how(self) -> CallEnd | None:
        """Return how the call ended. A closed room and the row's end come at about the same moment."""

        async def look() -> bool | None:
            return await self._is_over() or None

        await _until(look, _ROW_LIMIT_S)
        row = await self.row()
        return row.ended_how if row else None

    async def is_greeted(self) -> None:
        await self._caller.hears(since_ms=0, limit_s=_WORDS_LIMIT_S)
        await self._hear_out()

    async def gets_across(self, line: Line) -> None:
        """Say the line until it is answered. Raises: Unserved, or TimeoutError if nothing at all is heard."""
        for _ in range(TRIES):
            self.at = line.say
            self.tries += 1
            known = len(await self._turns())
            said = await self._caller.say(line.say)
            await self._caller.hears(since_ms=said.end_ms, limit_s=_WORDS_LIMIT_S)
            if await self._answered(line, known):
                return
        raise Unserved(line.say)

    async def is_let_go(self) -> None:
        self.at = "the end"
        await self._caller.is_hung_up_on(limit_s=_ENDED_LIMIT_S)

    async def _answered(self, line: Line, known: int) -> bool:
        """Hear out the agent; whether it gave the answer. Words for a waiting caller do not count."""
        await self._hear_out()

        async def look() -> bool | None:
            said = [
                turn
                for turn in (await self._turns())[known:]
                if turn.speaker != CALLER and not (line.meanwhile and line.meanwhile in turn.text)
            ]
            if any(line.answer in turn.text for turn in said) or await self._is_over():
                return True
            return False if said and not await self._is_handed_over(said) else None

        found = await _until(look, _SPEECH_LIMIT_S if line.moves else _ANSWER_LIMIT_S)
        await self._hear_out()
        return bool(found)

    async def _is_over(self) -> bool:
        row = await self.row()
        return row is not None and row.ended_at is not None

    async def _is_handed_over(self, said: Sequence[Turn]) -> bool:
        """Whether a handoff is open, or has just ended: the next words are another desk's."""
        row = await self.row()
        if row is None:
            return False
        states = {handoff.state for handoff in await self._store.handoffs(call_id=row.id)}
        is_new = HandoffState.COMPLETED in states and row.holder_role not in {turn.speaker for turn in said}
        return is_new or not states <= TERMINAL

    async def _hear_out(self) -> None:
        await self._caller.hears_out(pause_s=_PAUSE_S, limit_s=_SPEECH_LIMIT_S)

    async def _turns(self) -> Sequence[Turn]:
        row = await self.row()
        return () if row is None else await self._store.turns(row.id)


async def _until(look: Callable[[], Awaitable[bool | None]], limit_s: float) -> bool | None:
    """Return the first result of `look` that is not None; None after `limit_s`."""
    try:
        async with asyncio.timeout(limit_s):
            while True:
                if (found := await look()) is not None:
                    return found
                await asyncio.sleep(_LOOK_S)
    except TimeoutError:
        return None
