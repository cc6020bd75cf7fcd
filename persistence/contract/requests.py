"""What Baton needs of a store for operators' requests: to a call's holder, and about its handoffs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from persistence.records import (
    Call,
    CallId,
    Handoff,
    HandoffId,
    JobId,
    OperatorRequest,
    RequestId,
    RequestState,
    RoleName,
)


class RequestStore(Protocol):
    """What operators ask of calls. Every move is one guarded statement; a lost guard raises StaleHandoff."""

    async def add_request(self, request: OperatorRequest) -> OperatorRequest:
        """Insert. The same room and idempotency key return the first row, whatever its state.

        Raises: StaleHandoff (the call is over).
        """
        ...

    async def request(self, request_id: RequestId) -> OperatorRequest | None: ...

    async def requests(
        self, call_id: CallId, *, state: RequestState | None = None
    ) -> Sequence[OperatorRequest]:
        """In the order in which they were made."""
        ...

    async def take_request(self, request_id: RequestId, job: JobId) -> OperatorRequest:
        """From requested to taken, by the job that holds the call. Exactly one wins."""
        ...

    async def end_request(
        self, request_id: RequestId, state: RequestState, *, reason: str | None, actor: str, at: int
    ) -> OperatorRequest:
        """From requested or taken to done or failed."""
        ...

    async def approve_handoff(self, handoff_id: HandoffId, *, by: str, at: int) -> Handoff:
        """Let an accepted target take over, once, if the handoff waits for an operator's approval."""
        ...

    async def redirect_handoff(
        self,
        handoff_id: HandoffId,
        target: RoleName,
        *,
        by: str,
        at: int,
        reason: str = "",
        note: str = "",
    ) -> Handoff:
        """Send an open handoff to another target than its current one. The latest redirection wins.

        `reason` and `note` are for that target; without a reason, the handoff's own counts for it as well.
        """
        ...

    async def hold_call(self, call_id: CallId, *, by: str, at: int) -> Call:
        """Put the caller on hold: whichever agent holds the call keeps silent. An open handoff excludes it.

        The hold ends with `resume_call`, with a handoff that completes (a move to another worker does not
        count), or with the call.
        """
        ...

    async def resume_call(self, call_id: CallId, *, by: str, at: int) -> Call:
        """Take the caller off hold: the call's agent talks with them again."""
        ...
