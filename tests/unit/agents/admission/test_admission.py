"""Which callers get in and which wait in line, with LiveKit's own job requests."""

from __future__ import annotations

import asyncio

import pytest
from livekit.agents import JobRequest
from livekit.protocol.agent import Job
from livekit.protocol.models import Room

from agents.admission.admission import Admission, Decision, decide
from agents.admission.capacity import Capacity
from transfer.protocol import AnswerCall, TakeHandoff

pytestmark = pytest.mark.fault("C7")

TAKEN, ELSEWHERE, WAITS = "taken", "left to another worker", "waits in line"
HANDOFF = TakeHandoff(role="billing", call="c", handoff="h", attempt="a", holder="x", caller="y")


class Worker:
    """A worker with room for two calls. Accepting a job takes until `launched` is set, as for a real job."""

    def __init__(self) -> None:
        self.now = 0.0
        self.running: list[str] = []
        self.sent: list[str] = []
        self.launched = asyncio.Event()
        self.capacity = Capacity(2, 1.0, lambda: self.running, lambda: self.now)
        self.admission = Admission(self.capacity, lambda: self.now)
        self.admission.wait = lambda room, _: self.sent.append(room)

    async def is_offered(self, *rooms: str, metadata: str = "") -> list[str]:
        """Offer a job for each room at the same time; return each job's outcome."""
        became = [""] * len(rooms)
        answers = [
            asyncio.create_task(self.admission.accept_or_reject(self.request(room, became, number, metadata)))
            for number, room in enumerate(rooms)
        ]
        await asyncio.sleep(0)
        self.launched.set()
        await asyncio.gather(*answers)
        return became

    def request(self, room: str, became: list[str], number: int = 0, metadata: str = "") -> JobRequest:
        async def on_accept(_: object) -> None:
            await self.launched.wait()
            self.running.append(room)
            became[number] = TAKEN

        async def on_reject(terminate: bool) -> None:
            assert terminate == (room in self.sent), "nobody else need take a job whose caller waits here"
            became[number] = WAITS if terminate else ELSEWHERE

        job = Job(id=f"job-{number}", room=Room(name=room), metadata=metadata)
        return JobRequest(job=job, on_accept=on_accept, on_reject=on_reject)


async def test_of_callers_who_come_at_once_as_many_are_taken_as_fit_and_nobody_is_refused() -> None:
    worker = Worker()
    assert await worker.is_offered("a", "b", "c", "d") == [TAKEN, TAKEN, WAITS, WAITS]
    assert worker.sent == ["c", "d"]


async def test_a_full_worker_accepts_further_jobs_of_its_own_calls() -> None:
    worker = Worker()
    await worker.is_offered("a", "b")
    assert await worker.is_offered("a", "b") == [TAKEN, TAKEN]
    assert worker.capacity.reported_load() == 0.5, "not so high that the server would skip it"


async def test_a_full_worker_leaves_the_handoff_of_another_workers_call_to_others() -> None:
    worker = Worker()
    await worker.is_offered("a", "b")
    assert await worker.is_offered("c", metadata=HANDOFF.model_dump_json()) == [ELSEWHERE]


async def test_a_call_that_is_over_makes_room_at_once() -> None:
    worker = Worker()
    await worker.is_offered("a", "b")
    worker.running.remove("a")
    assert worker.capacity.reported_load() == 0.25
    assert await worker.is_offered("c") == [TAKEN]


async def test_a_job_that_was_not_assigned_takes_no_room() -> None:
    worker = Worker()
    accepting = asyncio.create_task(worker.admission.accept_or_reject(worker.request("a", [""])))
    await asyncio.sleep(0)
    accepting.cancel()
    await asyncio.gather(accepting, return_exceptions=True)
    assert await worker.is_offered("b", "c", "d") == [TAKEN, TAKEN, WAITS]


async def test_a_caller_whose_process_never_comes_makes_room_again() -> None:
    worker = Worker()
    for room in ("a", "b"):
        worker.capacity.coming(room)
    assert worker.capacity.room().calls == 0
    worker.now += 10
    assert worker.capacity.room().calls == 2


async def test_a_caller_goes_to_another_worker_that_has_room() -> None:
    worker = Worker()
    await worker.is_offered("a", "b")
    worker.admission.elsewhere = 1
    assert await worker.is_offered("c") == [ELSEWHERE]


async def test_a_caller_whom_no_other_worker_took_waits_here_at_the_second_dispatch() -> None:
    worker = Worker()
    await worker.is_offered("a", "b")
    worker.admission.elsewhere = 1
    assert await worker.is_offered("c") == [ELSEWHERE]
    worker.now += 3
    assert await worker.is_offered("c") == [WAITS]


async def test_a_new_caller_does_not_overtake_the_line() -> None:
    worker = Worker()
    await worker.is_offered("a", "b", "c")
    worker.admission.in_line = frozenset("c")
    worker.running.remove("a")
    assert await worker.is_offered("d") == [WAITS], "the place that is free now is the first in line's"


async def test_a_caller_who_was_just_sent_to_the_waiting_room_counts_before_the_store_knows() -> None:
    worker = Worker()
    await worker.is_offered("a", "b", "c")
    worker.running.remove("a")
    assert await worker.is_offered("d") == [WAITS]
    worker.now += 4
    assert worker.admission.ahead() == 0, "the store knows them by now, or never will"


async def test_a_second_dispatch_for_a_caller_in_line_changes_nothing() -> None:
    worker = Worker()
    await worker.is_offered("a", "b", "c")
    worker.running.clear()
    assert await worker.is_offered("c", metadata=AnswerCall().model_dump_json()) == [WAITS]
    assert worker.sent == ["c"]


@pytest.mark.parametrize(
    ("room", "ahead", "elsewhere", "decision"),
    [
        (1, 0, 0, Decision.TAKE),
        (1, 1, 0, Decision.WAIT),
        (3, 2, 0, Decision.TAKE),
        (0, 0, 1, Decision.ELSEWHERE),
        (1, 1, 2, Decision.ELSEWHERE),
        (0, 2, 2, Decision.WAIT),
        (0, 0, 0, Decision.WAIT),
    ],
)
def test_nobody_is_refused_and_nobody_overtakes(
    room: int, ahead: int, elsewhere: int, decision: Decision
) -> None:
    assert decide(room=room, ahead=ahead, elsewhere=elsewhere) is decision
