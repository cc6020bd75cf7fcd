"""A task that waits to join a room may give up: the room is joined all the same, and then left."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest
from livekit import rtc

from transfer.livekit.joining import join


class SlowRoom:
    """A room that is joined once the server `answers`, or fails then if there is an error."""

    def __init__(self, error: Exception | None = None) -> None:
        self._error = error
        self.answers, self.left = asyncio.Event(), asyncio.Event()
        self.joined = self.was_cancelled = False

    async def connect(self, _url: str, _token: str, _options: rtc.RoomOptions) -> None:
        try:
            await self.answers.wait()
        except asyncio.CancelledError:
            self.was_cancelled = True
            raise
        if self._error is not None:
            raise self._error
        self.joined = True

    async def disconnect(self) -> None:
        assert self.joined
        self.left.set()


async def gives_up(room: SlowRoom) -> None:
    joining = asyncio.create_task(join(cast(rtc.Room, room), "", ""))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    joining.cancel()
    with pytest.raises(asyncio.CancelledError):
        await joining
    room.answers.set()


async def test_a_room_that_nobody_waits_for_any_more_is_joined_and_left() -> None:
    room = SlowRoom()
    await gives_up(room)
    await asyncio.wait_for(room.left.wait(), 600)
    assert room.joined
    assert not room.was_cancelled


async def test_a_limit_ends_the_wait_and_not_the_connection() -> None:
    room = SlowRoom()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await join(cast(rtc.Room, room), "", "")
    room.answers.set()
    await asyncio.wait_for(room.left.wait(), 600)
    assert not room.was_cancelled


async def test_a_room_that_cannot_be_joined_is_told_to_who_waits_and_to_nobody_else(
    caplog: pytest.LogCaptureFixture,
) -> None:
    refused = SlowRoom(rtc.ConnectError("no"))
    refused.answers.set()
    with pytest.raises(rtc.ConnectError):
        await join(cast(rtc.Room, refused), "", "")
    late = SlowRoom(rtc.ConnectError("no"))
    await gives_up(late)
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        await asyncio.wait([task])
    assert not late.left.is_set()
    assert not caplog.records
