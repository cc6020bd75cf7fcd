"""A room for one test: who joins it, and what the store says about its calls."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from uuid import uuid4

from livekit import api

from local.caller.caller import Caller
from local.caller.token import caller_token
from local.stack import Stack
from persistence.contract.store import Store
from persistence.engines import open_store
from persistence.records import Call
from tests.support.conversation import Conversation, dispatch, until
from tests.support.fault_report import tell_of_call
from transfer.protocol import AnswerCall


@dataclass(frozen=True, slots=True)
class Place:
    """One test's room and its calls. Made by `place`."""

    stack: Stack
    room: str
    store: Store
    api: api.LiveKitAPI

    @asynccontextmanager
    async def joined(
        self,
        identity: str = "caller",
        *,
        metadata: str | None = None,
        attributes: Mapping[str, str] | None = None,
        alone: bool = False,
    ) -> AsyncIterator[Caller]:
        """Joins somebody with a microphone. Unless `alone`, their token also dispatches an agent."""
        livekit = self.stack.livekit
        token = caller_token(
            livekit.api_key,
            livekit.api_secret,
            room=self.room,
            identity=identity,
            agent_name=None if alone else self.stack.agent_name,
            metadata=metadata,
            attributes=attributes,
        )
        async with Caller.join(livekit.url, token) as caller:
            try:
                yield caller
            finally:
                if not alone:
                    tell_of_call(self.stack, self.room, caller)

    @asynccontextmanager
    async def call(
        self, *, role: str | None = None, attributes: Mapping[str, str] | None = None
    ) -> AsyncIterator[Conversation]:
        """Joins a caller, whom `role` answers."""
        metadata = AnswerCall(role=role).model_dump_json()
        async with self.joined(metadata=metadata, attributes=attributes) as caller:
            yield self.conversation(caller)

    def conversation(self, caller: Caller) -> Conversation:
        return Conversation(self.stack, self.room, caller, self.store, self.api)

    async def dispatch(self, metadata: str) -> None:
        await dispatch(self.stack, self.api, self.room, metadata)

    async def rows(self) -> list[Call]:
        return [call for call in await self.store.calls(limit=1000) if call.room == self.room]

    async def ended_row(self, *, limit_s: float) -> Call:
        """Waits until the room's only row says how the call ended."""

        async def look() -> Call | None:
            return next((row for row in await self.rows() if row.ended_at is not None), None)

        await until(look, "the end of the call", limit_s=limit_s)
        (row,) = await self.rows()
        return row


@asynccontextmanager
async def place(stack: Stack) -> AsyncIterator[Place]:
    """Makes a place whose room is deleted when the block ends, however it ends."""
    room = f"life-{uuid4()}"
    async with (
        api.LiveKitAPI(stack.livekit.url, stack.livekit.api_key, stack.livekit.api_secret) as livekit,
        open_store(stack.store, read_only=True) as store,
    ):
        try:
            yield Place(stack, room, store, livekit)
        finally:
            with suppress(api.ServerError):  # it is gone already
                await livekit.room.delete_room(api.DeleteRoomRequest(room=room))
