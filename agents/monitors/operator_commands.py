"""Carries out what operators ask of a holder: to say, to answer, to know, to leave, to end the call."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from agents.monitors.call_end import CallEnding, EndCall
from errors import StaleHandoff, StoreError, VoiceFailed
from persistence.contract.operators import RequestStore
from persistence.records import (
    Call,
    CallEnd,
    JobId,
    OperatorRequest,
    RequestId,
    RequestKind,
    RequestState,
)
from persistence.write_queue import WriteQueue
from transfer.ports import Clock

log = logging.getLogger(__name__)

_SETTLE_LIMIT_S = 5.0
_STORE_AGAIN_S = 1.0
_ENDS = {RequestKind.LEAVE, RequestKind.END}
_TALKS = {RequestKind.SAY, RequestKind.ASK}


class Mouth(Protocol):
    """What these acts need of an agent's voice. Both raise VoiceFailed, and return whether all was heard."""

    async def announce(self, line: str) -> bool: ...

    async def answer(self, words: str) -> bool: ...

    async def finished(self) -> None:
        """Returns when what is being said now has been said."""
        ...


class Desk(Protocol):
    @property
    def busy(self) -> bool: ...

    async def give_up(self, *, by: str, reason: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a request ends."""

    state: RequestState
    reason: str | None = None


DONE = Outcome(RequestState.DONE)


def _failed(reason: str) -> Outcome:
    return Outcome(RequestState.FAILED, reason)


class OperatorCommands:
    """What is said and asked waits in its order; the rest happens at once. Each request happens once."""

    def __init__(
        self,
        store: RequestStore,
        call: Call,
        job: JobId,
        clock: Clock,
        *,
        mouth: Mouth,
        desk: Desk,
        ending: CallEnding,
        goodbye: str,
        know: Callable[[str], Awaitable[None]],
        write_queue: WriteQueue | None = None,
    ) -> None:
        """`job` is ours. `know` takes a note into what we know, and those who follow us."""
        self._store, self._call, self._job, self._clock = store, call, job, clock
        self._mouth, self._desk, self._ending = mouth, desk, ending
        self._goodbye, self._know = goodbye, know
        self._write_queue = write_queue or WriteQueue()
        self._known: set[RequestId] = set()
        self._to_say: asyncio.Queue[OperatorRequest] = asyncio.Queue()
        self._to_do: asyncio.Queue[OperatorRequest] = asyncio.Queue()
        self.answering = False  # what fails then is told to the operator, and not to the caller

    def take(self, requests: Sequence[OperatorRequest]) -> bool:
        """Take on what is new. False: something is left for later, or for whoever holds the call then."""
        left = False
        for request in requests:
            if request.id in self._known:
                continue
            if request.kind is RequestKind.NOTE and self._desk.busy:
                left = True  # the brief is made: a note is for the one who comes out of this as holder
                continue
            self._known.add(request.id)
            (self._to_say if request.kind in _TALKS else self._to_do).put_nowait(request)
        return not left

    async def run(self) -> None:
        """Do what was taken on, for as long as the call lasts. Its end cuts short what is being said."""
        try:
            async with asyncio.TaskGroup() as group:
                talking = group.create_task(self._each(self._to_say))
                group.create_task(self._each(self._to_do))
                await self._ending.wait()
                talking.cancel()
        finally:
            await self._write_queue.settled(_SETTLE_LIMIT_S)

    async def _each(self, requests: asyncio.Queue[OperatorRequest]) -> None:
        while True:
            request = await requests.get()
            if request.kind in _ENDS:
                # First, because its outcome decides who holds the call, and so who may take the request.
                await self._desk.give_up(by=request.requested_by, reason="an operator ended the call")
            if await self._take(request):
                await self._carry_out(request)

    async def _take(self, request: OperatorRequest) -> bool:
        while True:
            try:
                await self._store.take_request(request.id, self._job)
            except StaleHandoff:
                return False  # the call has another holder now, who will take it
            except StoreError as error:
                log.warning("a request was not taken yet", extra={"request": request.id, "error": str(error)})
                await asyncio.sleep(_STORE_AGAIN_S)
            else:
                return True

    async def _carry_out(self, request: OperatorRequest) -> None:
        # An act that the end of the call cuts short has failed, unless the end was the act.
        outcome = DONE if request.kind in _ENDS else _failed("the call ended")
        try:
            outcome = await self._act(request)
        except VoiceFailed as error:
            outcome = _failed(str(error))
        except Exception:  # whatever it is, the call goes on
            log.exception("an operator's request broke", extra={"request": request.id})
            outcome = _failed("something broke")
        finally:
            self._record(request, outcome)

    async def _act(self, request: OperatorRequest) -> Outcome:
        match request.kind:
            case RequestKind.SAY | RequestKind.ASK:
                return await self._talk(request)
            case RequestKind.NOTE:
                await self._know(request.words)
                return DONE
            case RequestKind.LEAVE:
                return await self._end(EndCall(CallEnd.OPERATOR))
            case RequestKind.END:
                return await self._end(EndCall(CallEnd.OPERATOR, goodbye=self._goodbye, hang_up=True))
            case RequestKind.START | RequestKind.TOKEN:
                return _failed("not for an agent")

    async def _talk(self, request: OperatorRequest) -> Outcome:
        if not request.words.strip():
            return _failed("it has no words")
        if not self._desk.busy:
            await self._mouth.finished()
        if self._desk.busy:
            return _failed("the call is ending" if self._ending.decided else "a handoff is under way")
        if request.kind is RequestKind.SAY:
            heard = await self._mouth.announce(request.words)
        else:
            heard = await self._answer(request.words)
        return DONE if heard else Outcome(RequestState.DONE, "it was not heard to its end")

    async def _answer(self, words: str) -> bool:
        self.answering = True
        try:
            return await self._mouth.answer(words)
        finally:
            self.answering = False

    async def _end(self, over: EndCall) -> Outcome:
        if self._ending.decided:
            return _failed("the call was ending already")
        self._ending.decide(over)
        await asyncio.Event().wait()  # until the end is written down, and this task cancelled with the others
        return DONE

    def _record(self, request: OperatorRequest, outcome: Outcome) -> None:
        at = self._clock.now_ms()

        async def write() -> None:
            await self._store.end_request(
                request.id, outcome.state, reason=outcome.reason, actor=self._job, at=at
            )

        self._write_queue.enqueue(write)
