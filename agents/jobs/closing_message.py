"""Ends a call that cannot continue: speaks one prepared line and closes the room. No model, no session."""

from __future__ import annotations

import asyncio
import logging

from livekit import rtc
from livekit.agents import APIError, JobContext

from agents.audio.prepared_audio import PromptAudio, render_prompt
from agents.audio.voice_track import voice_options
from agents.call.goodbye import close_room
from agents.groq.tts.groq_tts import GroqTTS
from agents.process.process_context import ProcessContext, server_api
from errors import StoreError
from persistence.contract.store import Store
from persistence.records import Call, CallEnd, JobId, RoleName

log = logging.getLogger(__name__)

_JOIN_LIMIT_S = 5.0
_LINE_LIMIT_S = 5.0
_LATE_LIMIT_S = 5.0
"""How much longer than its own length the line may take."""


async def say_farewell(
    ctx: JobContext, process: ProcessContext, store: Store | None, call: Call | None
) -> None:
    """Join, say goodbye, record the end as FAILED, and close the room. `store`: None if it is unusable."""
    try:
        await _say(ctx, process, call.holder_role if call else None)
    except (TimeoutError, rtc.ConnectError, APIError) as error:
        log.warning("the farewell was not heard", extra={"error": type(error).__name__})
    if store is not None and call is not None:
        try:
            at = process.clock.now_ms()
            await store.end_call(call.id, CallEnd.FAILED, job=JobId(ctx.job.id), at=at)
        except StoreError:
            log.exception("the end of the call was not recorded", extra={"call": call.id})
    await close_room(server_api(ctx), ctx.job.room.name)


async def _say(ctx: JobContext, process: ProcessContext, role: RoleName | None) -> None:
    async with asyncio.timeout(_LINE_LIMIT_S):
        line = await _line(process, role)
    async with asyncio.timeout(_JOIN_LIMIT_S):
        await ctx.connect()
        source = rtc.AudioSource(line.sample_rate, 1)
        track = rtc.LocalAudioTrack.create_audio_track("farewell", source)
        published = await ctx.room.local_participant.publish_track(track, voice_options())
        await published.wait_for_subscription()
    async with asyncio.timeout(line.duration_s + _LATE_LIMIT_S):
        async for frame in line.play():
            await source.capture_frame(frame)
        await source.wait_for_playout()


async def _line(process: ProcessContext, role: RoleName | None) -> PromptAudio:
    """Return the line in the role's voice, else in any prepared one, else made now. Raises: APIError."""
    known = process.roster.roles.get(role) if role else None
    words = (known.spoken_lines if known else process.roster.house.lines).failed_goodbye
    voices = [voice.voice for voice in (*([known] if known else []), *process.roster.roles.values())]
    for voice in voices:
        if (line := process.lines.line(voice, words)) is not None:
            return line
    speaking = GroqTTS(process.groq, process.settings.groq, voice=voices[0], spare=True)
    return await render_prompt(speaking, words)
