"""What Baton needs of a store for messages that callers leave; `persistence.messages` has the rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from persistence.contract.calls import Cursor
from persistence.messages import Message, MessageId, MessageState
from persistence.people import Person
from persistence.records import CallId, JobId, RoleName


class MessageStore(Protocol):
    """Every move is one guarded statement; a lost guard raises StaleHandoff. `at`: ms UTC, by the writer.

    Events: kind `message` (subject: the message's id), each from its state to its state.
    """

    async def leave_message(self, message: Message, *, job: JobId, at_most: int) -> Message:
        """Insert; the same message again is the one that is there.

        Raises: StaleHandoff: the call is over, another job holds it, or it has `at_most` messages.
        """
        ...

    async def move_message(
        self, message_id: MessageId, state: MessageState, *, by: Person, at: int
    ) -> Message:
        """Of several people who take it, one has it. OPEN puts it back, DONE may come from either.

        Raises: StaleHandoff: it is so already, or is to be TAKEN and not OPEN.
        """
        ...

    async def message(self, message_id: MessageId) -> Message | None: ...

    async def messages(
        self,
        *,
        call_id: CallId | None = None,
        roles: Collection[RoleName] | None = None,
        done: bool | None = None,
        after: Cursor | None = None,
        limit: int = 1_000,
    ) -> Sequence[Message]:
        """Newest first. `roles`: only for their people; None: of all. `done`: whether they are done."""
        ...

    async def oldest_messages(self) -> Mapping[RoleName, int]:
        """When the oldest message was left that nobody has taken, by role. One without words is none."""
        ...
