"""A caller who hangs up before their call has a row: the row says so at once, and nobody waits for them."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest
from livekit import rtc

from agents.jobs import answer_call as job
from persistence.records import Call, CallEnd, JobId, RoleName, WorkerId
from persistence.write_queue import WriteQueue
from settings import CallSettings, KeepingSettings
from tests.support.memory_store import MemoryStore
from transfer.protocol import AnswerCall

pytestmark = pytest.mark.looptime

R = rtc.DisconnectReason
OPENING_S = 0.5
FREE_WITHIN_S = 2.0
OURS = "+493012345678"


class SlowStore(MemoryStore):
    """Takes half a second to open a call."""

    async def open_call(self, call: Call) -> Call:
        await asyncio.sleep(OPENING_S)
        return await super().open_call(call)


class Held(Exception):
    """Raised where the job would begin to hold the call, which these tests do not cover."""


class Answered:
    """One job for a room with a caller, who leaves while the call's row is being written."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.store = SlowStore()
        self.room = rtc.Room()
        monkeypatch.setattr(rtc.Room, "name", "room")
        self.caller: Any = SimpleNamespace(
            identity="caller",
            kind=rtc.ParticipantKind.PARTICIPANT_KIND_STANDARD,
            joined_at=None,
            attributes={},
            name="",
            disconnect_reason=R.UNKNOWN_REASON,
        )
        self.is_back(self.caller)

        async def not_yet(*_: Any) -> bool:
            return False

        def holds(**_: Any) -> None:
            raise Held

        monkeypatch.setattr(job, "answered_already", not_yet)
        monkeypatch.setattr(job, "server_api", lambda _: None)
        monkeypatch.setattr(job, "facts_of", lambda *_: {})
        monkeypatch.setattr(job, "open_call", holds)

    async def run(self, role: str | None = "front-desk") -> None:
        first, billing = (SimpleNamespace(id=RoleName(name), desk=None) for name in ("front-desk", "billing"))
        roster = SimpleNamespace(
            roles={first.id: first, billing.id: billing},
            first_role=lambda _: first,
            role_called=lambda number: billing if number == OURS else None,
        )
        process: Any = SimpleNamespace(
            roster=roster,
            settings=SimpleNamespace(
                call=CallSettings.model_construct(caller_wait_s=30.0, departure_s=18.0),
                keeping=KeepingSettings.model_construct(number_key=None),
            ),
            write_queue=WriteQueue(),
            clock=SimpleNamespace(now_ms=lambda: 1),
            parent=SimpleNamespace(worker=WorkerId("worker")),
        )
        named = SimpleNamespace(id="job", room=SimpleNamespace(name="room"))
        ctx: Any = SimpleNamespace(job=named, room=self.room, connect=lambda: asyncio.sleep(0))
        store: Any = self.store
        task = AnswerCall(role=role, caller="caller")
        await job.answer_call(ctx, process, store, task)

    def leaves(self, reason: rtc.DisconnectReason.ValueType) -> None:
        self.caller.disconnect_reason = reason
        self.room._remote_participants.pop("caller")

    def is_back(self, caller: Any = None) -> None:
        self.room._remote_participants["caller"] = caller or cast(Any, SimpleNamespace(identity="caller"))


@pytest.mark.fault("T27")
async def test_a_hang_up_before_the_call_has_a_row_frees_the_process_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    call = Answered(monkeypatch)
    asyncio.get_running_loop().call_later(OPENING_S / 2, call.leaves, R.CLIENT_INITIATED)
    async with asyncio.timeout(FREE_WITHIN_S):
        await call.run()
    (row,) = await call.store.calls()
    assert (row.ended_how, row.holder_job) == (CallEnd.CALLER_LEFT, JobId("job"))


@pytest.mark.parametrize("reason", [R.UNKNOWN_REASON, R.CLIENT_INITIATED])
async def test_a_caller_who_is_back_or_whose_connection_broke_has_their_call(
    monkeypatch: pytest.MonkeyPatch, reason: rtc.DisconnectReason.ValueType
) -> None:
    call = Answered(monkeypatch)
    loop = asyncio.get_running_loop()
    loop.call_later(OPENING_S / 2, call.leaves, reason)
    if reason == R.CLIENT_INITIATED:
        loop.call_later(OPENING_S * 0.9, call.is_back)
    with pytest.raises(Held):
        await call.run()
    (row,) = await call.store.calls()
    assert row.ended_at is None


@pytest.mark.fault("T24")
@pytest.mark.parametrize(
    ("called", "dispatched", "answers"),
    [(OURS, None, "billing"), ("+4930999", None, "front-desk"), (OURS, "front-desk", "front-desk")],
)
async def test_the_number_called_says_who_answers_unless_the_dispatch_does(
    monkeypatch: pytest.MonkeyPatch, called: str, dispatched: str | None, answers: str
) -> None:
    call = Answered(monkeypatch)
    call.caller.attributes = {"sip.ruleID": "SDR_1", "sip.trunkPhoneNumber": called}
    with pytest.raises(Held):
        await call.run(dispatched)
    (row,) = await call.store.calls()
    assert row.holder_role == answers
