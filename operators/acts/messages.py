"""People's acts on the messages that callers have left for them. Raises: Refused, StoreError."""

from __future__ import annotations

from collections.abc import Collection

from errors import StaleHandoff
from operators.acts.context import ActContext
from operators.refused import Refused
from persistence.messages import Message, MessageId, MessageState
from persistence.people import Person
from persistence.records import RoleName


async def move_message(
    context: ActContext,
    message_id: MessageId,
    state: MessageState,
    *,
    by: Person,
    roles: Collection[RoleName] | None,
) -> Message:
    """Take a message, put it back, mark it as done, or reopen it.

    `roles`: the roles whose messages this person may move; None: all.
    """
    store = context.store
    message = await store.message(message_id)
    if message is None or (roles is not None and message.role not in roles):
        raise Refused("unknown-message", "no message for you has this id")
    try:
        return await store.move_message(message_id, state, by=by, at=context.clock.now_ms())
    except StaleHandoff as stale:
        message = await store.message(message_id) or message
        who = f", by {message.person}" if message.person else ""
        told = f"it is {message.state}{who}"
        raise Refused("message-moved", told, state=message.state, person=message.person) from stale
