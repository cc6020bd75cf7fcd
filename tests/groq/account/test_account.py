"""A key's account as Baton sees it: its limits, its terms, and what a person is told about them."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from agents.groq.documented_limits import Tier
from agents.groq.durations import lasting
from agents.groq.rate_limits import seconds_of
from agents.groq.trial import SENTENCE, sounds_like
from errors import BadInput, OutOfReach
from local.groq_standin import StandIn, standin
from local.groq_standin.account.account import Account
from operators.doctor.account import AccountCheck
from settings import Settings
from tests.groq.connection import SCRIPT

ROSTER = Path(__file__).parents[3] / "roster"
ORPHEUS = "canopylabs/orpheus-v1-english"
PLAYGROUND = "https://console.groq.com/playground?model=canopylabs%2Forpheus-v1-english"


@pytest.fixture
async def free() -> AsyncIterator[StandIn]:
    async with standin(SCRIPT, account=Account(Tier.FREE)) as running:
        running.control.account.clock.stop()
        yield running


@pytest.fixture
def settings(free: StandIn, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("GROQ_BASE_URL", free.url)
    monkeypatch.setenv("GROQ_API_KEY", free.key)
    monkeypatch.setenv("BATON_ROSTER_FOLDER", str(ROSTER))
    return Settings()


async def test_doctor_tries_every_voice_and_says_what_a_free_key_carries_and_what_that_cost(
    free: StandIn, settings: Settings
) -> None:
    account = AccountCheck()
    speech, limits = await account.check_speech(settings), await account.check_limits(settings)
    used = free.control.account.ledger[ORPHEUS]
    voices = used.requests
    assert 2 <= voices <= 6
    assert (
        f"spent: {voices} speech requests with {used.characters} characters, {voices} transcriptions"
        in speech
    )
    assert "spoken, and understood" in speech
    assert limits.startswith("free plan: 1 call at once (10 requests a minute of canopylabs/")
    assert "about 2 calls of 3 minutes a day (3,600 tokens a day of canopylabs/orpheus-v1-english)" in limits
    assert used.characters * 10 < 3_600  # of a free key's day


async def test_doctor_says_where_terms_are_accepted(free: StandIn, settings: Settings) -> None:
    free.control.account.terms_missing.add(ORPHEUS)
    account = AccountCheck()
    with pytest.raises(BadInput) as caught:
        await account.check_speech(settings)
    assert (await account.check_limits(settings)).startswith(
        "free plan: without whisper-large-v3-turbo, canopy"
    )
    assert caught.value.where == "BATON_GROQ_SPEAKING_MODEL"
    assert caught.value.wrong == f"the terms of '{ORPHEUS}' are not accepted"
    assert PLAYGROUND in caught.value.right
    assert not isinstance(caught.value, OutOfReach)
    assert free.control.account.ledger[ORPHEUS].refused == 1  # and no other voice is tried


async def test_doctor_names_each_voice_that_groq_does_not_know(
    free: StandIn, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(ROSTER, tmp_path, dirs_exist_ok=True)
    for source in ROSTER.glob("*.md"):
        text = source.read_text().replace("voice: hannah", "voice: nobody")
        (tmp_path / source.name).write_text(text)
    monkeypatch.setenv("BATON_ROSTER_FOLDER", str(tmp_path))
    monkeypatch.setenv("BATON_GROQ_VOICES", "autumn diana nobody austin daniel troy")
    with pytest.raises(BadInput) as caught:
        await AccountCheck().check_speech(Settings())
    assert str(caught.value).startswith("BATON_GROQ_VOICES: Groq refuses the voice 'nobody'; name voices of")
    assert free.control.account.ledger[ORPHEUS].requests >= 1  # the other voices


async def test_doctor_says_that_a_day_is_spent_and_when_it_has_room(
    free: StandIn, settings: Settings
) -> None:
    free.control.fault("speech", "daily_limit", retry_after_s=2_170)
    with pytest.raises(OutOfReach) as caught:
        await AccountCheck().check_speech(settings)
    assert caught.value.wrong == f"the day's limit for '{ORPHEUS}' is spent"
    assert caught.value.right.startswith("wait for 37 minutes, or choose a larger plan at console.groq.com/")


async def test_doctor_waits_for_a_minutes_limit_that_has_room_soon(free: StandIn, settings: Settings) -> None:
    free.control.fault("speech", "rate_limited", retry_after_s=0.1)
    assert "understood" in await AccountCheck().check_speech(settings)


async def test_a_model_that_is_gone_is_told(free: StandIn, settings: Settings) -> None:
    free.control.account.gone.add(ORPHEUS)
    with pytest.raises(BadInput, match=f"Groq no longer offers '{ORPHEUS}'; name another model"):
        await AccountCheck().check_speech(settings)


async def test_a_developers_key_carries_more(free: StandIn, settings: Settings) -> None:
    free.control.account.use(Tier.DEVELOPER)
    account = AccountCheck()
    await account.check_speech(settings)
    limits = await account.check_limits(settings)
    assert limits.startswith("developer plan: 25 calls at once (250 requests a minute of canopylabs/")


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("2m59.56s", 179.56),
        ("7.66s", 7.66),
        ("172.8ms", 0.1728),
        ("1h2m3s", 3723.0),
        ("", None),
        ("soon", None),
    ],
)
def test_lengths_are_read_as_groq_writes_them(written: str, seconds: float | None) -> None:
    assert seconds_of(written) == (None if seconds is None else pytest.approx(seconds))


@pytest.mark.parametrize(("seconds", "words"), [(5.2, "6 s"), (2_170, "37 minutes"), (9_000, "3 hours")])
def test_waits_are_said_in_words(seconds: float, words: str) -> None:
    assert lasting(seconds) == words


@pytest.mark.parametrize(
    ("heard", "same"),
    [
        (SENTENCE, True),
        ("thank you for calling how can i help", True),
        ("Thank you.", False),
        ("", False),
    ],
)
def test_words_are_compared(heard: str, *, same: bool) -> None:
    assert sounds_like(heard, SENTENCE) is same
