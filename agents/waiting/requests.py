"""Ends a call in line at an operator's or draining worker's request. Other requests wait for an agent."""

from __future__ import annotations

from agents.monitors.call_end import CallEnding, EndCall
from agents.waiting.means import WaitingMeans
from errors import StoreRefused
from persistence.records import DEPLOY, Call, CallEnd, JobId, RequestKind, RequestState


async def end_if_requested(means: WaitingMeans, row: Call, job: JobId, ending: CallEnding) -> None:
    """Carry out a request to end the call, if there is one. Raises: StoreError."""
    for request in await means.store.requests(row.id, state=RequestState.REQUESTED):
        if request.kind is not RequestKind.END:
            continue
        try:
            await means.store.take_request(request.id, job)
            await means.store.end_request(
                request.id, RequestState.DONE, reason=None, actor=job, at=means.clock.now_ms()
            )
        except StoreRefused:
            return  # an agent has the call now, and takes the request
        lines = means.lines
        ending.decide(
            EndCall(CallEnd.FAILED, goodbye=lines.failed_goodbye, hang_up=True)
            if request.requested_by == DEPLOY
            else EndCall(CallEnd.OPERATOR, goodbye=lines.goodbye, hang_up=True)
        )
