"""Where a replacement agent comes from: this worker's own processes, or a dispatch by livekit-server."""

from __future__ import annotations

import pytest

from failover.redispatch import alternating
from transfer.livekit.server_api import ServerApi
from transfer.protocol import AnswerCall

LOCALLY, BY_SERVER = "locally", "by the server"
TASK = AnswerCall(role="billing")


class FakeServer(ServerApi):
    """Records its dispatches; makes no request."""

    def __init__(self, ways: list[str]) -> None:
        self._ways = ways

    async def dispatch(self, room: str, task: object) -> str:
        assert (room, task) == ("room", TASK)
        self._ways.append(BY_SERVER)
        return "dispatch"


async def ways_tried(*, from_elsewhere: bool) -> list[str]:
    ways: list[str] = []

    async def elsewhere() -> bool:
        return from_elsewhere

    async def start_locally(room: str, metadata: str) -> None:
        assert (room, metadata) == ("room", TASK.model_dump_json(exclude_none=True))
        ways.append(LOCALLY)

    redispatch = alternating(FakeServer(ways), start_locally=start_locally, elsewhere=elsewhere)
    for tries in range(3):
        await redispatch("room", TASK, tries)
    return ways


async def test_the_first_try_is_local_and_the_next_goes_through_the_server() -> None:
    assert await ways_tried(from_elsewhere=False) == [LOCALLY, BY_SERVER, LOCALLY]


@pytest.mark.fault("A8")
async def test_a_worker_that_drains_beside_another_begins_with_the_server() -> None:
    assert await ways_tried(from_elsewhere=True) == [BY_SERVER, LOCALLY, BY_SERVER]
