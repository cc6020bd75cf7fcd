"""What Baton needs of a store for operators: their requests, and who they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from persistence.records import (
    CallId,
    Event,
    Handoff,
    HandoffId,
    JobId,
    Operator,
    OperatorRequest,
    RequestId,
    RequestState,
    RoleName,
    Trouble,
)


class RequestStore(Protocol):
    """What operators ask of calls. Every move is one guarded statement; the loser gets StaleHandoff."""

    async def change_mark(self) -> int:
        """Differs from its last answer when something was committed since. Costs next to nothing."""
        ...

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
        """Let an accepted target take over, where the handoff completes with an operator. Once."""
        ...

    async def redirect_handoff(self, handoff_id: HandoffId, target: RoleName, *, by: str, at: int) -> Handoff:
        """Want an open handoff to go to another target than its current one. The last one to say so wins."""
        ...

    async def note_trouble(self, trouble: Trouble) -> None: ...

    async def troubles(self, call_id: CallId) -> Sequence[Trouble]:
        """In their order."""
        ...


class OperatorStore(Protocol):
    """Who may watch and act, and what they ask for."""

    async def latest_event(self) -> int:
        """The id of the newest event; 0 where there is none."""
        ...

    async def handoff_events(self, handoff_id: HandoffId) -> Sequence[Event]:
        """Of a handoff, its attempts, and what operators asked of it; in order."""
        ...

    async def ids_beginning(self, prefix: str, *, limit: int = 10) -> Sequence[str]:
        """The ids of calls and handoffs that begin so; for people, who do not type whole ids."""
        ...

    async def add_operator(self, operator: Operator) -> bool:
        """Insert. False: there is one of this name."""
        ...

    async def operator_of(self, token_hash: str) -> Operator | None:
        """Whose token has this hash; None also where it was revoked."""
        ...

    async def operators(self) -> Sequence[Operator]:
        """By name, the revoked ones among them."""
        ...

    async def revoke_operator(self, name: str, *, at: int) -> bool:
        """False: nobody of this name, or revoked before."""
        ...
