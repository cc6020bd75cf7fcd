"""Tells whether a request's reply is sure to be spoken, or is a guess made while the caller may go on."""

from __future__ import annotations

# Private to LiveKit: this task-local variable is the only link from a request to its reply.
from livekit.agents.voice.agent_activity import _SpeechHandleContextVar
from livekit.agents.voice.speech_handle import SpeechHandle


def unsure_reply() -> SpeechHandle | None:
    """Return the reply that this task prepares while its turn is not yet over; None: the reply is sure."""
    reply = _SpeechHandleContextVar.get(None)
    return None if reply is None or reply.scheduled else reply


async def until_sure() -> None:
    """Wait until this task's reply is sure. If LiveKit drops the reply, it cancels the task."""
    if (reply := unsure_reply()) is not None:
        await reply._wait_for_scheduled()
