"""What Baton needs of a store to know its operators, where they are signed in, and to what they listen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from persistence.access import Listener, ListenerMode, ListenerState, Operator, Rights, Session
from persistence.records import CallId


class OperatorStore(Protocol):
    """Who may do what."""

    async def add_operator(self, operator: Operator) -> bool:
        """Insert. False: the name is taken."""
        ...

    async def operator_of(self, token_hash: str) -> Operator | None:
        """The operator whose token has this hash, also an expired one; None if there is none, or revoked."""
        ...

    async def operators(self) -> Sequence[Operator]:
        """Sorted by name, including the revoked ones."""
        ...

    async def renew_operator(
        self, name: str, *, token_hash: str, rights: Rights | None, expires_at: int | None
    ) -> bool:
        """Give an operator a new token. The one before stops, and its sessions. `rights`: None keeps them.

        False: there is no operator of this name, or the token was revoked.
        """
        ...

    async def revoke_operator(self, name: str, *, at: int) -> bool:
        """False: there is no operator of this name, or the token was revoked before."""
        ...

    async def begin_session(self, session: Session) -> None:
        """Insert."""
        ...

    async def session_of(self, session_hash: str) -> Session | None:
        """The session whose secret has this hash, ended or not."""
        ...

    async def sessions(self, *, since: int) -> Sequence[Session]:
        """Those that were begun since then and that nobody has ended, oldest first."""
        ...

    async def use_session(self, session_id: str, *, at: int) -> None:
        """Say that it was used now. One that has ended stays so."""
        ...

    async def end_session(self, session_id: str, *, by: str, at: int) -> bool:
        """False: there is none, or it was ended before."""
        ...

    async def add_listener(self, listener: Listener) -> bool:
        """Insert. False: the call is over."""
        ...

    async def listeners(self, *, since: int) -> Sequence[Listener]:
        """Those who are in a room, or have moved since then."""
        ...

    async def move_listener(self, identity: str, state: ListenerState, *, at: int) -> bool:
        """A listener who left only listens when they come back. False: they are there already."""
        ...

    async def listeners_of(self, call_id: CallId) -> Sequence[Listener]:
        """Those of one call who have not left, the earliest first."""
        ...

    async def supervise(self, identity: str, mode: ListenerMode, *, name: str, at: int) -> Listener:
        """Choose who hears this listener of `name`. One a call is heard by anybody, until they only listen.

        A new role that holds the call turns barge and take_over into coach; the call's end, and leaving,
        turn any mode into listen.
        Raises: StaleHandoff (the call is over, another one supervises it, they have left, or they do so).
        """
        ...
