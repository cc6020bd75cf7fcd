"""An agent that is disconnected from the room: either the call ends, or its worker recovers it."""

from __future__ import annotations

import pytest
from livekit import rtc

from agents.monitors.call_end import CallEnding, Disconnected, EndCall
from agents.monitors.caller_disconnect import CallerDisconnectMonitor
from persistence.records import CallEnd
from settings import CallSettings

R = rtc.DisconnectReason


async def nothing() -> None:
    pass


async def end_of(reason: rtc.DisconnectReason.ValueType) -> object:
    room, ending = rtc.Room(), CallEnding()
    CallerDisconnectMonitor(
        room,
        "caller",
        ending,
        CallSettings.model_construct(),
        on_left=nothing,
        on_back=lambda: None,
    )
    room.emit("disconnected", reason)
    return await ending.wait()


@pytest.mark.parametrize("reason", [R.ROOM_DELETED, R.ROOM_CLOSED, R.CLIENT_INITIATED])
async def test_a_deleted_room_ends_the_call(reason: rtc.DisconnectReason.ValueType) -> None:
    assert await end_of(reason) == EndCall(CallEnd.CALLER_LEFT)


@pytest.mark.fault("C1")
@pytest.mark.parametrize(
    "reason",
    [R.PARTICIPANT_REMOVED, R.UNKNOWN_REASON, R.SIGNAL_CLOSE, R.CONNECTION_TIMEOUT, R.STATE_MISMATCH],
)
async def test_an_agent_that_is_removed_or_cut_off_leaves_the_call_open(
    reason: rtc.DisconnectReason.ValueType,
) -> None:
    assert await end_of(reason) == Disconnected()
