"""Fillers while LiveKit has paused a reply. With a whole session: tests/groq/test_patience.py."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest
from livekit import rtc
from livekit.agents import AgentSession

from agents.audio.prepared_audio import PromptAudio
from agents.session.filler_output import enable_fillers, play_filler
from tests.support.audio.headset import Earpiece
from tests.support.audio.spoken import RATE

pytestmark = pytest.mark.fault("A7")

FILLER = PromptAudio("One moment.", bytes(960), RATE)


class PausingEarpiece(Earpiece):
    """Plays nothing while it is paused."""

    paused = False

    def pause(self) -> None:
        self.paused = True

    def resume(self) -> None:
        self.paused = False
        self.flush()

    def flush(self) -> None:
        if not self.paused:
            super().flush()


@pytest.fixture
async def earpiece() -> PausingEarpiece:
    return PausingEarpiece()


@pytest.fixture
async def session(earpiece: PausingEarpiece) -> AgentSession[None]:
    made = cast("AgentSession[None]", SimpleNamespace(output=SimpleNamespace(audio=earpiece)))
    enable_fillers(made)
    return made


async def test_a_paused_reply_resumes_when_a_filler_is_due(
    session: AgentSession[None], earpiece: PausingEarpiece
) -> None:
    assert session.output.audio is not None
    session.output.audio.pause()
    await session.output.audio.capture_frame(rtc.AudioFrame(bytes(960), RATE, 1, 480))
    session.output.audio.flush()
    assert not earpiece.heard.is_set()
    await play_filler(session, FILLER)
    assert earpiece.heard.is_set()


async def test_a_filler_is_played_if_the_paused_reply_has_no_audio_yet(
    session: AgentSession[None], earpiece: PausingEarpiece
) -> None:
    assert session.output.audio is not None
    session.output.audio.pause()
    assert await play_filler(session, FILLER)
    assert earpiece.heard.is_set()
