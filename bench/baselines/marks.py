"""How a baseline's agent reports to the caller what cannot be heard: data for the caller alone."""

from __future__ import annotations

from livekit.agents import JobContext

from bench.baselines.protocol import MARKS, BaselineJob, Mark


async def mark(ctx: JobContext, job: BaselineJob, what: Mark) -> None:
    """Send a mark. It takes some milliseconds, so never send one inside a measured stretch."""
    await ctx.room.local_participant.publish_data(
        what.model_dump_json(), topic=MARKS, destination_identities=[job.caller]
    )
