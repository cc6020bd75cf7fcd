"""Starts a job in one of this worker's own warm processes, as if livekit-server had dispatched it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from livekit.agents import AgentServer
from livekit.agents.job import JobAcceptArguments, RunningJobInfo
from livekit.agents.utils import shortuuid
from livekit.api import AccessToken, VideoGrants
from livekit.protocol.agent import Job, JobType
from livekit.protocol.models import Room

from settings import LiveKitSettings
from tasks import BackgroundTasks
from transfer.protocol import agent_identity

_LAUNCH_WAIT_S = 0.5


def local_starter(
    server: AgentServer, access: LiveKitSettings, tasks: BackgroundTasks
) -> Callable[[str, str], Awaitable[None]]:
    """Make the function that starts a job for a room, with dispatch metadata.

    It returns when the job runs, or after 0.5 s; the launch then continues in `tasks`.
    """

    async def start(room: str, metadata: str) -> None:
        # Private, but no public method starts a job with metadata and with an identity made of the job's id.
        launch = server._proc_pool.launch_job(_job(server, access, room, metadata))
        await asyncio.wait({tasks.start(launch, name="local dispatch")}, timeout=_LAUNCH_WAIT_S)

    return start


def _job(server: AgentServer, access: LiveKitSettings, room: str, metadata: str) -> RunningJobInfo:
    job_id = shortuuid("AJ_")
    identity = agent_identity(job_id)
    grants = VideoGrants(room_join=True, room=room, agent=True, can_update_own_metadata=True)
    token = AccessToken(access.api_key, access.api_secret.get_secret_value())
    return RunningJobInfo(
        accept_arguments=JobAcceptArguments(name="", identity=identity, metadata=""),
        job=Job(id=job_id, type=JobType.JT_ROOM, room=Room(name=room), metadata=metadata),
        url=access.url,
        token=token.with_identity(identity).with_kind("agent").with_grants(grants).to_jwt(),
        worker_id=server.id,
        fake_job=False,
    )
