"""The stand-in as Groq's account: what each tier may spend, and how Groq reports that it is spent."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import groq as sdk
import httpx
import pytest
from groq import AsyncGroq

from agents.groq.documented_limits import Tier
from local.groq_standin import Script, StandIn, standin
from local.groq_standin.account.account import Account
from local.groq_standin.account.allowance import DAY_S, Allowance, duration
from local.speech import CALLER, synthesize
from tests.standin.asking import CHAT, END, ORPHEUS, WHISPER, ask, hear, said, speak

HOUSE_RULES = "Answer in one sentence, and never name a price that nobody has told you. " * 20


@pytest.fixture
async def free(script: Script) -> AsyncIterator[StandIn]:
    async with standin(script, account=Account(Tier.FREE)) as running:
        running.control.account.clock.stop()
        yield running


@pytest.fixture
async def asking(free: StandIn) -> AsyncIterator[AsyncGroq]:
    async with AsyncGroq(api_key=free.key, base_url=free.url, max_retries=0) as client:
        yield client


def tokens_left(account: StandIn) -> int:
    """Return how many tokens are left of this minute."""
    return int(account.control.account.headers(CHAT)["x-ratelimit-remaining-tokens"])


async def refusal(request: Any) -> sdk.APIStatusError:
    with pytest.raises(sdk.APIStatusError) as caught:
        await request
    return caught.value


def told(error: sdk.APIStatusError) -> dict[str, Any]:
    body: Any = error.body
    return dict(body["error"])


async def test_the_eleventh_speech_of_a_minute_is_refused_as_groq_words_it(
    free: StandIn, asking: AsyncGroq
) -> None:
    for _ in range(10):
        await speak(asking, input="Yes.")
    error = await refusal(speak(asking, input="Yes."))
    assert error.status_code == 429
    assert told(error)["message"].startswith(
        f"Rate limit reached for model `{ORPHEUS}` in organization `org_01standin` service tier `on_demand` "
        "on requests per minute (RPM): Limit 10, Used 10, Requested 1. Please try again in 6s."
    )
    assert (told(error)["type"], told(error)["code"]) == ("requests", "rate_limit_exceeded")
    assert error.response.headers["retry-after"] == "6"
    free.control.account.clock.forward(6)
    await speak(asking, input="Yes.")
    used = free.control.account.ledger[ORPHEUS]
    assert (used.requests, used.refused, used.characters) == (11, 1, 44)


async def test_a_days_characters_are_spent_and_come_back_over_a_day(free: StandIn, asking: AsyncGroq) -> None:
    line = (
        "This is a line of exactly one hundred characters, which is what a sentence of a call may well have.."
    )
    assert len(line) == 100
    for _ in range(36):
        await speak(asking, input=line)
        free.control.account.clock.forward(6)
    error = await refusal(speak(asking, input=line))
    assert (
        "on tokens per day (TPD): Limit 3600, Used 3591, Requested 100. Please try again in 36m24s"
        in told(error)["message"]
    )
    free.control.account.clock.forward(int(error.response.headers["retry-after"]))
    await speak(asking, input=line)


async def test_headers_tell_the_days_requests_and_the_minutes_tokens(
    free: StandIn, asking: AsyncGroq
) -> None:
    raw = asking.chat.completions.with_raw_response
    answer = await raw.create(model=CHAT, messages=[{"role": "user", "content": "hello"}])
    headers = answer.headers
    assert headers["x-ratelimit-limit-requests"] == "1000"
    assert headers["x-ratelimit-remaining-requests"] == "999"
    assert headers["x-ratelimit-reset-requests"] == "1m26.4s"  # a thousandth of a day
    assert headers["x-ratelimit-limit-tokens"] == "8000"
    assert 7_900 < int(headers["x-ratelimit-remaining-tokens"]) < 8_000
    assert "retry-after" not in headers


async def test_audio_is_billed_with_ten_seconds_at_least(free: StandIn, asking: AsyncGroq) -> None:
    await hear(asking, synthesize("goodbye", CALLER).samples)
    used = free.control.account.ledger[WHISPER]
    assert used.billed_audio_ms == 10_000
    assert 0 < used.audio_ms < 2_000
    assert free.control.account.headers(WHISPER)["x-ratelimit-remaining-audio-seconds"] == "7190"


async def test_what_was_cached_counts_towards_no_limit(free: StandIn, asking: AsyncGroq) -> None:
    messages = [{"role": "system", "content": HOUSE_RULES}, *said("billing", "goodbye")]
    first = await ask(asking, messages=messages, tools=[END])
    left = tokens_left(free)
    again = await ask(asking, messages=messages, tools=[END])
    assert first.usage.prompt_tokens_details is None
    assert again.usage.prompt_tokens_details.cached_tokens == first.usage.prompt_tokens > 128
    used = free.control.account.ledger[CHAT]
    assert used.cached_tokens == first.usage.prompt_tokens
    assert used.prompt_tokens == 2 * first.usage.prompt_tokens
    assert used.completion_tokens == first.usage.completion_tokens + again.usage.completion_tokens
    assert left - tokens_left(free) == again.usage.completion_tokens


async def test_a_request_is_admitted_by_the_most_it_may_generate(free: StandIn, asking: AsyncGroq) -> None:
    error = await refusal(ask(asking, max_completion_tokens=9_000))
    assert error.status_code == 413
    assert "on tokens per minute (TPM): Limit 8000, Requested 90" in told(error)["message"]
    await ask(asking, max_completion_tokens=7_000)
    await ask(asking, max_completion_tokens=7_000)  # tokens that the first did not generate are given back


async def test_a_models_terms_and_its_end_are_refused_in_groqs_words(
    free: StandIn, asking: AsyncGroq
) -> None:
    async with httpx.AsyncClient(base_url=free.url) as control:
        await control.post("/control/account", json={"terms_missing": [ORPHEUS]})
        error = await refusal(speak(asking, input="Yes."))
        assert (error.status_code, told(error)["code"]) == (400, "model_terms_required")
        assert "https://console.groq.com/playground?model=canopylabs%2Forpheus-v1-english" in error.message
        assert ORPHEUS in {model.id for model in (await asking.models.list()).data}
        await control.post("/control/account", json={"terms_missing": [], "gone": [ORPHEUS]})
        error = await refusal(speak(asking, input="Yes."))
        assert (error.status_code, told(error)["code"]) == (400, "model_decommissioned")
        assert ORPHEUS not in {model.id for model in (await asking.models.list()).data}
        shown = (await control.post("/control/account", json={"gone": [], "tier": "developer"})).json()
        assert (shown["tier"], shown["used"][ORPHEUS]["refused"]) == ("developer", 2)
        assert (await control.post("/control/account", json={"tier": "gold"})).status_code == 400
    await speak(asking, input="Yes.")


async def test_all_processes_share_one_account(free: StandIn, asking: AsyncGroq) -> None:
    async with AsyncGroq(api_key=free.key, base_url=free.url, max_retries=0) as other:
        for _ in range(5):
            await speak(asking, input="Yes.")
            await speak(other, input="No.")
        assert (await refusal(speak(other, input="No."))).status_code == 429


@pytest.mark.parametrize(
    ("limit", "window_s", "used", "asked", "wait"),
    [
        (12_000, 60.0, 4_437, 9_854, "11.455s"),
        (100_000, DAY_S, 97_050, 3_619, "9m38.016s"),
        (7_200, 3_600.0, 7_019, 600, "3m29.5s"),
        (3_600, DAY_S, 3_571, 121, "36m48s"),
        (30, 60.0, 30, 1, "2s"),
    ],
)
def test_waits_are_those_of_refusals_that_users_posted(
    limit: int, window_s: float, used: int, asked: int, wait: str
) -> None:
    allowance = Allowance("", "tokens", limit, window_s, now=lambda: 0.0)
    allowance.take(used)
    assert duration(allowance.wait_s(asked)) == wait
