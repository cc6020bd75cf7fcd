"""How a baseline tells the caller what cannot be heard: data that nobody else in the room gets."""

from __future__ import annotations

from livekit.agents import JobContext

from bench.handoff.protocol import MARKS, Asked, Mark


async def mark(ctx: JobContext, asked: Asked, what: Mark) -> None:
    """Takes some milliseconds: never where they would be measured."""
    await ctx.room.local_participant.publish_data(
        what.model_dump_json(), topic=MARKS, destination_identities=[asked.caller]
    )
