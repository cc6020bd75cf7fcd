"""A caller whose sound never pauses, as of music or a television, is told that nobody can be understood."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from livekit.agents import AgentSession

from agents.groq.stt.groq_stt import GroqSTT
from agents.groq.stt.stream import ENDLESS

log = logging.getLogger(__name__)

_TIMES_IN_A_ROW = 3
"""After so many, nobody listens to it."""


class EndlessSpeechMonitor:
    """`play_filler` plays beneath the session's speech, which the sound would interrupt: whether it was played.

    `busy`: the caller is not expected to speak.
    """
