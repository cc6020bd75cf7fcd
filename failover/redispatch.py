"""Getting a replacement agent into a room: from this worker's own processes, or through livekit-server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from transfer.livekit.server_api import ServerApi
from transfer.protocol import AnswerCall, RecoverCall

Redispatch = Callable[[str, AnswerCall | RecoverCall, int], Awaitable[None]]
"""Takes the room, the task and the number of earlier tries. Returning does not mean that an agent comes.

Raises: LineFailed.
"""


def alternating(
    server: ServerApi,
    *,
    start_locally: Callable[[str, str], Awaitable[None]],
    elsewhere: Callable[[], Awaitable[bool]],
) -> Redispatch:
    """Alternate between the two ways from one try to the next.

    The server comes first if the agent should come from `elsewhere`: this worker drains, and another runs.

    `start_locally` starts a job here, for a room and dispatch metadata. It comes first because livekit-server
    takes 200 ms to dispatch, which it spends waiting for other workers' offers, and because the server sends
    no job to a worker at its call limit.
    """

    async def redispatch(room: str, task: AnswerCall | RecoverCall, tries: int) -> None:
        if tries % 2 == await elsewhere():
            await start_locally(room, task.model_dump_json(exclude_none=True))
        else:
            await server.dispatch(room, task)

    return redispatch
