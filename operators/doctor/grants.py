"""Checks the grants of the callers who are present: a caller needs a microphone, and little else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from livekit.api import ParticipantInfo
from livekit.protocol.models import TrackSource

from errors import LineFailed, OutOfReach
from settings import Settings
from transfer.livekit.server_api import open_server_api
from transfer.page_protocol import WANTS_CAPTIONS

_MOST_ROOMS = 20
"""How many rooms to check: a program makes all its tokens alike."""
_RIGHT = "README (Run it for real) says which grants a caller's token needs"


async def check_grants(settings: Settings) -> str:
    """Check the callers' grants. Raises: OutOfReach: no answer, or a caller may do more than they need."""
    try:
        async with open_server_api(settings.livekit, settings.worker.agent_name) as server:
            rooms = (await server.rooms())[:_MOST_ROOMS]
            found = [one for room in rooms for one in await server.participants(room.name) or ()]
    except LineFailed as error:
        raise OutOfReach("LIVEKIT_URL", str(error), "look into the server's log") from error
    callers = [
        one for one in found if one.kind == ParticipantInfo.Kind.STANDARD and not one.permission.hidden
    ]
    more = sorted({grant for caller in callers for grant in grants_beyond(caller)})
    if more:
        raise OutOfReach("callers' tokens", f"callers may also {', '.join(more)}", _RIGHT)
    return (
        f"{len(callers)} callers are there, and may do no more than they need" if callers else "nobody calls"
    )


def grants_beyond(caller: ParticipantInfo) -> Iterator[str]:
    """Yield the things that a caller may do and no call needs."""
    may = caller.permission
    if may.can_update_metadata:
        yield "change their own name and attributes, which agents take for known"
    if may.can_publish and _others(may.can_publish_sources):
        yield "publish more than a microphone"
    if may.can_publish_data and WANTS_CAPTIONS not in caller.attributes:
        yield "send data to everybody in the room"


def _others(sources: Iterable[int]) -> bool:
    """Whether the sources include any but the microphone. An empty list allows all."""
    return set(sources) != {TrackSource.MICROPHONE}
