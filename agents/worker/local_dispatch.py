"""A job that a worker starts by itself, in one of its warm processes, as if livekit-server had sent it."""

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
from tasks import Background
from transfer.protocol import agent_identity

_WAIT_S = 0.5


def own_jobs(
    server: AgentServer, access: LiveKitSettings, tasks: Background
) -> Callable[[str, str], Awaitable[None]]:
    """Made once for a worker: starts a job for a room, with dispatch metadata.

    Returns when the job runs, or when the wait for a process takes long; that wait then goes on in `tasks`.
    """

    async def start(room: str, metadata: str) -> None:
        # Private, but nothing public starts a job that has metadata, and an identity that tells its job.
        launch = server._proc_pool.launch_job(_job(server, access, room, metadata))
        await asyncio.wait({tasks.start(launch, name="own job")}, timeout=_WAIT_S)

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
