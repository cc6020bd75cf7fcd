"""Messages that callers have left for people: the list, and moves."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated

from fastapi import Path, Query

from operators.acts.messages import move_message
from operators.api.resources import Parts
from operators.api.route_guards import OurParts, Who, floor_router, messages_router
from operators.api.schemas import pagination as cursors
from operators.api.schemas.people import LeftMessage, Messages, MoveMessage
from operators.api.schemas.problems import refuses
from operators.api.schemas.requests import Limit, Next
from operators.auth.gate import Access
from persistence.access import Right
from persistence.contract.calls import Cursor
from persistence.messages import Message, MessageId
from persistence.numbers import HASHED
from persistence.people import Person
from persistence.records import RoleName

router, acts = floor_router("messages"), messages_router("messages")

MessagePath = Annotated[str, Path(max_length=200, description="a message's id")]
Done = Annotated[bool | None, Query(description="only messages that are done, or that are not")]

Own = Annotated[bool, Query(description="only messages for roles that the person may take")]


@router.get("/messages", operation_id="list_messages", responses=refuses("not-valid", "cursor-unknown"))
async def list_messages(
    parts: OurParts, who: Who, done: Done = None, own: Own = False, limit: Limit = 50, cursor: Next = None
) -> Messages:
    """List messages, newest first. With only the right "desk", `own` always applies."""
    roles, after = _roles(parts, who, None if own else Right.READ), cursors.read(cursor)
    found = await parts.context.store.messages(roles=roles, done=done, after=after, limit=limit + 1)
    items = list(found[:limit])
    if items:
        parts.gate.log.reads(who.name, who.key, of="messages")
    more = cursors.written(Cursor(items[-1].left_at, items[-1].id)) if len(found) > limit else None
    return Messages(items=[await _shown(parts, message) for message in items], next=more)


@acts.post(
    "/messages/{message_id}/move",
    operation_id="move_message",
    responses=refuses("unknown-message", "message-moved", "not-valid"),
)
async def move(parts: OurParts, who: Who, message_id: MessagePath, body: MoveMessage) -> LeftMessage:
    """Take a message, put it back, or mark it as done. If several people take it, one gets it."""
    roles = _roles(parts, who, Right.ACT)
    moved = await move_message(
        parts.context, MessageId(message_id), body.state, by=Person(who.name), roles=roles
    )
    return await _shown(parts, moved)


def _roles(parts: Parts, who: Access, for_all: Right | None) -> Collection[RoleName] | None:
    """Return the roles whose messages they may see or move. None: all roles, by the right `for_all`."""
    if for_all in who.rights:
        return None
    person = Person(who.name)
    return [
        role.id
        for role in parts.roster.roles.values()
        if (role.desk is not None and person in role.desk.people)
        or (role.phones is not None and person in [line.person for line in role.phones.lines])
    ]


async def _shown(parts: Parts, message: Message) -> LeftMessage:
    call = await parts.context.store.call(message.call_id)
    number = call.caller_number if call else ""
    role = parts.roster.roles.get(message.role)
    return LeftMessage(
        message=message,
        role_name=role.name if role else message.role,
        caller_name=call.caller_name if call else "",
        caller_number="" if number.startswith(HASHED) else number,
    )
