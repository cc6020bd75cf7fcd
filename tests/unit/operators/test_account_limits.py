"""What the doctor says about a key whose limits carry less than one call."""

from __future__ import annotations

import pytest

from agents.groq.rate_limits import Left
from agents.groq.trial import Trial
from errors import BadInput, OutOfReach
from operators.doctor.account import AccountCheck
from settings import Settings

CHAT = {"requests": Left(1_000, 999, 86.4), "tokens": Left(8_000, 7_900, 1.0)}
"""What a free key has left for the chat model."""


async def test_limits_below_one_call_are_refused_with_what_would_help(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def answers(trial: Trial) -> None:
        settings = trial.settings
        few = {"requests": Left(2_000, 1_999, 43.2), "audio-seconds": Left(1_800, 1_790, 20.0)}
        trial.limits |= {settings.chat_model: CHAT, settings.hearing_model: few}

    monkeypatch.setenv("GROQ_API_KEY", "gsk_key")
    monkeypatch.setattr(Trial, "chat", answers)
    with pytest.raises(BadInput) as refused:
        await AccountCheck().check_limits(Settings())
    assert not isinstance(refused.value, OutOfReach)
    assert str(refused.value) == (
        "GROQ_API_KEY: its limits are too low for even one call "
        "(1,800 audio seconds an hour of whisper-large-v3-turbo); "
        "choose a larger plan at console.groq.com/settings/billing"
    )
