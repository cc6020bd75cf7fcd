"""No call is recorded while a person whose role must not be recorded is in it."""

from __future__ import annotations

from typing import Any, cast

import pytest

from agents.recording import process as module
from agents.recording.call_recorder import Means
from agents.recording.process import Recorders
from persistence.records import CallId, JobId
from tests.contract.building import BILLING, START, WORKER
from tests.contract.people.building import BEN
from tests.contract.people.test_store_people import a_talk
from tests.contract.people.test_store_second_person import joined
from tests.support.fakes import LoopClock
from tests.support.memory_store import MemoryStore

pytestmark = pytest.mark.looptime


class FakeRecorder:
    running: set[FakeRecorder]

    def __init__(self, means: Means, _: object) -> None:
        self._clock = means.clock

    def start(self) -> None:
        self.running.add(self)

    async def stop(self, until: float) -> None:
        assert until < self._clock.now_ms(), "what is held back is not kept"
        self.running.remove(self)


async def test_while_a_second_person_of_an_unrecorded_role_talks_with_a_caller_nothing_is_recorded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "CallRecorder", FakeRecorder)
    monkeypatch.setattr(FakeRecorder, "running", set(), raising=False)
    store, clock = MemoryStore(), LoopClock()
    means: Any = _Means(store, clock)
    recorders = Recorders(cast(Means, means), {BILLING})
    talk = await a_talk(store)
    await store.decide_recording(CallId(talk.call_id), allowed=True, job=JobId("job-1"), at=START)
    await recorders.look()
    assert len(FakeRecorder.running) == 1
    second = await joined(store, talk, BILLING)
    await recorders.look()
    await recorders._ending.finish(1)
    assert not FakeRecorder.running
    await store.leave_talk(second.id, BEN, at=START + 9_000)
    await recorders.look()
    assert len(FakeRecorder.running) == 1


class _Means:
    def __init__(self, store: MemoryStore, clock: LoopClock) -> None:
        self.store, self.clock, self.worker = store, clock, WORKER
