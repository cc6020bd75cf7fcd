"""Records in a call's troubles when a spare replaces a model, why, and when that ends."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from livekit.agents import AgentSession

from agents.groq.spare_use import SpareUse
from agents.groq.stt.groq_stt import GroqSTT
from agents.groq.tts.groq_tts import GroqTTS

BACK = "works_again"


def record_spares(session: AgentSession[Any], record: Callable[[str, str], None]) -> None:
    """`record` gets the part and the error, then the part and the spare; later the part and BACK."""
    if isinstance(session.tts, GroqTTS):
        session.tts.voice.use.on_change(partial(_changed, record, "speaking", session.tts.voice.use))
    if isinstance(session.stt, GroqSTT):
        session.stt.use.on_change(partial(_changed, record, "hearing", session.stt.use))


def _changed(record: Callable[[str, str], None], part: str, use: SpareUse, why: str | None) -> None:
    if why is None:
        record(part, BACK)
        return
    if why:
        record(part, why)
    record(part, use.spare)
