"""`make groq`, with the stand-in in Groq's place."""

from __future__ import annotations

import pytest

from agents.groq.documented_limits import Tier
from local.groq_key.__main__ import main
from local.groq_standin import Script, StandIn, standin
from local.groq_standin.account.account import Account

ORPHEUS = "canopylabs/orpheus-v1-english"


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("GROQ_API_KEY", "GROQ_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def use(tried: pytest.MonkeyPatch, running: StandIn) -> None:
    tried.setenv("GROQ_API_KEY", running.key)
    tried.setenv("GROQ_BASE_URL", running.url)


async def test_without_a_key_it_says_so_in_one_line_and_fails_nothing(tried: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    assert await main(told.append) == 0
    assert told == [
        "groq: GROQ_API_KEY is not set, so there is nothing to try; everything here runs without it"
    ]


async def test_it_tells_models_voices_limits_a_sentence_a_tool_call_and_a_summary(
    tried: pytest.MonkeyPatch,
) -> None:
    told: list[str] = []
    async with standin(Script(), account=Account(Tier.FREE)) as running:
        use(tried, running)
        assert await main(told.append) == 0
    text = "\n".join(told)
    for part in (
        "works   models       5: canopylabs/",
        "works   speech       autumn spoke, and 'Thank you for calling. How can I help you today?' was heard",
        "[autumn diana hannah austin daniel troy]",
        'works   tool call    transfer_call({"target": "billing"',
        "works   summary      I understand that ",
        f"limit   {ORPHEUS}: 99 of 100 requests left",
        "carries free plan: 1 call at once",
        "spent: 1 speech request with 48 characters, 1 transcription billed as 10 s, 2 chat requests",
        "nothing differs from the stand-in",
    ):
        assert part in text


async def test_what_fails_and_what_differs_is_told(tried: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    async with standin(Script()) as running:
        use(tried, running)
        running.control.account.terms_missing.add(ORPHEUS)
        running.control.fault("chat", "server_error", count=99, model="openai/gpt-oss-120b")
        assert await main(told.append) == 1
        running.control.account.terms_missing.clear()
        running.control.fault("speech", "wav_without_sizes")
        assert await main(told.append) == 1
    text = "\n".join(told)
    assert (
        f"FAILS   speech       BATON_GROQ_SPEAKING_MODEL: the terms of '{ORPHEUS}' are not accepted" in text
    )
    assert "FAILS   tool call    failed (503)" in text
    assert "  speech: fails at Groq, works at the stand-in" in text
    assert "  speech, WAV: Groq has 24000 Hz, 1 channel, 16 bits, its size not known; the stand-in" in text
