"""Whether the reply that a request serves will surely be spoken, or is a guess while the caller may go on."""

from __future__ import annotations

# Private to LiveKit, which tells a request's reply in no other way than by this variable of its task.
from livekit.agents.voice.agent_activity import _SpeechHandleContextVar
from livekit.agents.voice.speech_handle import SpeechHandle


def unsure_reply() -> SpeechHandle | None:
    """The reply that this task prepares, until the turn that it answers is over; None: it is sure."""
    reply = _SpeechHandleContextVar.get(None)
    return None if reply is None or reply.scheduled else reply


async def until_sure() -> None:
    """Wait until the reply that this task makes is sure. LiveKit cancels the task of one that it drops."""
    if (reply := unsure_reply()) is not None:
        await reply._wait_for_scheduled()
