"""A caller who hangs up ends the call at once; one whose connection broke has time to come back."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest
from livekit import rtc

from agents.monitors.call_end import CallEnding, EndCall
from agents.monitors.caller_disconnect import CallerDisconnectMonitor
from persistence.records import CallEnd
from settings import CallSettings

pytestmark = pytest.mark.looptime

R = rtc.DisconnectReason
DEPARTURE_S = 18
LEFT = EndCall(CallEnd.CALLER_LEFT)


class Watched:
    """A caller in a room, and what the monitor did.

    `letting_go_s`: how long an open handoff takes to end. `left_before`: why the caller left, if they did so
    before the agent held the call.
    """

    def __init__(
        self, letting_go_s: float = 0.0, left_before: rtc.DisconnectReason.ValueType | None = None
    ) -> None:
        self.letting_go_s = letting_go_s
        self.room, self.ending = rtc.Room(), CallEnding()
        self.room._connection_state = rtc.ConnectionState.CONN_CONNECTED
        self.told: list[str] = []
        self.join()
        monitor = CallerDisconnectMonitor(
            self.room,
            "caller",
            self.ending,
            CallSettings.model_construct(departure_s=DEPARTURE_S),
            on_left=self.on_left,
            on_back=lambda: self.told.append("back"),
        )
        if left_before is not None:
            self.leave(left_before)
        self.watching = asyncio.ensure_future(monitor.watch_caller())

    async def on_left(self) -> None:
        self.told.append("left")
        await asyncio.sleep(self.letting_go_s)

    def join(self) -> None:
        caller = SimpleNamespace(identity="caller", disconnect_reason=R.UNKNOWN_REASON)
        self.room._remote_participants["caller"] = caller  # type: ignore[assignment]
        self.room.emit("participant_connected", caller)

    def leave(self, reason: rtc.DisconnectReason.ValueType) -> None:
        caller = self.room._remote_participants.pop("caller")
        gone = SimpleNamespace(identity=caller.identity, disconnect_reason=reason)
        self.room.emit("participant_disconnected", gone)


@pytest.mark.parametrize("reason", [R.CLIENT_INITIATED, R.PARTICIPANT_REMOVED, R.USER_REJECTED])
async def test_a_hang_up_ends_the_call_at_once(reason: rtc.DisconnectReason.ValueType) -> None:
    call = Watched()
    call.leave(reason)
    await asyncio.sleep(0.01)
    assert (call.ending.decision, call.told) == (LEFT, ["left"])
    await call.watching


async def test_a_hang_up_during_a_handoff_ends_the_call_when_the_target_is_let_go() -> None:
    call = Watched(letting_go_s=0.5)
    call.leave(R.CLIENT_INITIATED)
    await asyncio.sleep(0.4)
    assert not call.ending.decided
    await call.watching
    assert call.ending.decision == LEFT


async def test_a_hang_up_before_the_agent_holds_the_call_ends_it_at_once_too() -> None:
    call = Watched(left_before=R.CLIENT_INITIATED)
    await asyncio.sleep(0.01)
    assert call.ending.decision == LEFT
    await call.watching


@pytest.mark.fault("B16")
@pytest.mark.parametrize("reason", [R.UNKNOWN_REASON, R.SIGNAL_CLOSE, R.CONNECTION_TIMEOUT])
async def test_a_broken_connection_is_waited_for(reason: rtc.DisconnectReason.ValueType) -> None:
    call = Watched()
    call.leave(reason)
    await asyncio.sleep(DEPARTURE_S - 1)
    call.join()
    await asyncio.sleep(DEPARTURE_S)
    assert (call.ending.decided, call.told) == (False, ["left", "back"])
    call.leave(reason)
    await asyncio.sleep(DEPARTURE_S + 1)
    assert call.ending.decision == LEFT


@pytest.mark.fault("N1")
async def test_a_caller_who_reconnects_a_little_later_than_the_agent_has_not_left() -> None:
    call = Watched()
    call.room._connection_state = rtc.ConnectionState.CONN_RECONNECTING
    await asyncio.sleep(4)
    call.room._connection_state = rtc.ConnectionState.CONN_CONNECTED
    call.room.emit("reconnected")
    call.leave(R.UNKNOWN_REASON)
    await asyncio.sleep(4)
    call.join()
    await asyncio.sleep(DEPARTURE_S)
    assert (call.ending.decided, call.told) == (False, [])
    call.watching.cancel()
