"""Executes operators' requests to a holder: say, ask, note, press keys, end the call."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from agents.keys.pressing import NotPressed
from agents.monitors.call_end import CallEnding, EndCall
from agents.session.voice import SessionVoice
from errors import StoreRefused, VoiceFailed
from persistence.contract.requests import RequestStore
from persistence.records import Call, CallEnd, JobId, OperatorRequest, RequestId, RequestKind, RequestState
from persistence.retry import until_answered
from persistence.words import is_known
from persistence.write_queue import WriteQueue
from transfer.ports import Clock

log = logging.getLogger(__name__)

_SETTLE_LIMIT_S = 5.0
_SPOKEN_KINDS = {RequestKind.SAY, RequestKind.ASK}


class AbandonHandoff(Protocol):
    """Abandons the call's open handoff, if there is one; returns once the caller hears nothing of it."""

    async def __call__(self, *, by: str, reason: str) -> None: ...


@dataclass(frozen=True, slots=True)
class RequestOutcome:
    """The terminal state of a request's row."""

    state: RequestState
    reason: str | None = None


DONE = RequestOutcome(RequestState.DONE)


def _failed(reason: str) -> RequestOutcome:
    return RequestOutcome(RequestState.FAILED, reason)


class OperatorCommands:
    """Executes each request once. Speech and keys are queued, each in order; others are executed at once."""

    def __init__(
        self,
        store: RequestStore,
        call: Call,
        job: JobId,
        clock: Clock,
        *,
        voice: SessionVoice,
        busy: Callable[[], bool],
        on_hold: Callable[[], bool],
        abandon_handoff: AbandonHandoff,
        ending: CallEnding,
        goodbye: str,
        add_note: Callable[[str], Awaitable[None]],
        press_keys: Callable[[RequestId], Awaitable[None]],
        write_queue: WriteQueue | None = None,
    ) -> None:
        """`job` is this agent's. `busy`: a handoff is open, or the call is ending.

        `add_note` adds an operator's note to the model's context and to later briefs. `press_keys` presses a
        request's keys, or raises NotPressed. `on_hold`: whether the caller is on hold.
        """
        self._store, self._call, self._job, self._clock = store, call, job, clock
        self._voice, self._busy, self._on_hold = voice, busy, on_hold
        self._abandon_handoff = abandon_handoff
        self._ending, self._goodbye, self._add_note = ending, goodbye, add_note
        self._press_keys = press_keys
        self._write_queue = write_queue or WriteQueue()
        self._accepted: set[RequestId] = set()
        self._speech: asyncio.Queue[OperatorRequest] = asyncio.Queue()
        self._keys: asyncio.Queue[OperatorRequest] = asyncio.Queue()
        self._others: asyncio.Queue[OperatorRequest] = asyncio.Queue()
        self.answering = False  # while True, a model error is reported to the operator, not to the caller

    def accept(self, requests: Sequence[OperatorRequest]) -> bool:
        """Queue the new requests. Returns False if a note is left for later, as the holder may change."""
        all_accepted = True
        for request in requests:
            if request.id in self._accepted or not is_known(request.kind):
                continue  # a newer version's kind: for an agent that knows it
            if request.kind is RequestKind.NOTE and self._busy():
                all_accepted = False  # the brief is already made: leave the note to the next holder
                continue
            self._accepted.add(request.id)
            self._queue_of(request.kind).put_nowait(request)
        return all_accepted

    async def execute_requests(self) -> None:
        """Execute accepted requests until the call ends. The call's end interrupts speech and keys."""
        try:
            async with asyncio.TaskGroup() as group:
                long = [group.create_task(self._execute_each(each)) for each in (self._speech, self._keys)]
                group.create_task(self._execute_each(self._others))
                await self._ending.wait()
                for task in long:
                    task.cancel()
        finally:
            await self._write_queue.settled(_SETTLE_LIMIT_S)

    def _queue_of(self, kind: RequestKind) -> asyncio.Queue[OperatorRequest]:
        if kind in _SPOKEN_KINDS:
            return self._speech
        return self._keys if kind is RequestKind.KEYS else self._others

    async def _execute_each(self, requests: asyncio.Queue[OperatorRequest]) -> None:
        while True:
            request = await requests.get()
            if request.kind is RequestKind.END:
                # First: the handoff's outcome decides which agent holds the call and may take the request.
                await self._abandon_handoff(by=request.requested_by, reason="an operator ended the call")
            if await self._claim(request):
                await self._execute(request)

    async def _claim(self, request: OperatorRequest) -> bool:
        take = partial(self._store.take_request, request.id, self._job)
        try:
            await until_answered(take, "request not taken yet", request=request.id)
        except StoreRefused:
            return False  # the call has a new holder, which will take it
        return True

    async def _execute(self, request: OperatorRequest) -> None:
        # A request interrupted by the end of the call has failed, unless it asked for that end.
        outcome = DONE if request.kind is RequestKind.END else _failed("the call ended")
        try:
            outcome = await self._act(request)
        except (VoiceFailed, NotPressed) as error:
            outcome = _failed(str(error))
        except Exception:  # a failed request must not end the call
            log.exception("request failed", extra={"request": request.id})
            outcome = _failed("something broke")
        finally:
            self._record(request, outcome)

    async def _act(self, request: OperatorRequest) -> RequestOutcome:
        match request.kind:
            case RequestKind.SAY | RequestKind.ASK:
                return await self._speak(request)
            case RequestKind.NOTE:
                await self._add_note(request.words)
                return DONE
            case RequestKind.KEYS:
                await self._press_keys(request.id)
                return DONE
            case RequestKind.END:
                return await self._end(EndCall(CallEnd.OPERATOR, goodbye=self._goodbye, hang_up=True))
            case RequestKind.START | RequestKind.TOKEN:
                return _failed("not for an agent")

    async def _speak(self, request: OperatorRequest) -> RequestOutcome:
        if not request.words.strip():
            return _failed("it has no words")
        if not self._busy():
            await self._voice.finished()
        if self._busy():
            return _failed("the call is ending" if self._ending.decided else "a handoff is under way")
        if request.kind is RequestKind.ASK and self._on_hold():
            return _failed("the caller is on hold")
        if request.kind is RequestKind.SAY:
            heard = await self._voice.announce(request.words)
        else:
            heard = await self._answer(request.words)
        return DONE if heard else RequestOutcome(RequestState.DONE, "the caller did not hear all of it")

    async def _answer(self, words: str) -> bool:
        self.answering = True
        try:
            return await self._voice.answer(words)
        finally:
            self.answering = False

    async def _end(self, decision: EndCall) -> RequestOutcome:
        if self._ending.decided:
            return _failed("the call was ending already")
        self._ending.decide(decision)
        await asyncio.Event().wait()  # until the call's end is recorded and this task is cancelled
        return DONE

    def _record(self, request: OperatorRequest, outcome: RequestOutcome) -> None:
        at = self._clock.now_ms()

        async def write() -> None:
            await self._store.end_request(
                request.id, outcome.state, reason=outcome.reason, actor=self._job, at=at
            )

        self._write_queue.enqueue(write)
