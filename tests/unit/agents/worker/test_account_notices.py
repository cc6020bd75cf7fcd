"""A problem with the account is logged once, however many jobs find it."""

from __future__ import annotations

import pytest

from agents.groq.budget.budget import Answer, Budget
from agents.groq.rate_limits import Left
from agents.worker.account_notices import AccountNotices
from settings import GroqSettings

CHAT, WHISPER = "openai/gpt-oss-120b", "whisper-large-v3-turbo"


@pytest.fixture
def budget() -> Budget:
    budget = Budget(lambda: 1_000.0)
    budget.heard = AccountNotices(budget, GroqSettings()).on_answer
    return budget


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records]


def requests_of_a_day(limit: int) -> Answer:
    return Answer(CHAT, {"requests": Left(limit, limit, 0.0)})


def test_a_days_limit_is_said_once(budget: Budget, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(1_000):
        budget.learn(Answer(CHAT, held_s=2_170.0, day=True))
    assert said(caplog) == [f"the day's limit of {CHAT!r} is spent for 37 minutes"]


def test_a_key_that_is_refused_is_said_once_until_it_is_accepted(
    budget: Budget, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(1_000):
        budget.learn(Answer(CHAT, key_refused=True))
        budget.learn(Answer(WHISPER, key_refused=True))
    assert len(said(caplog)) == 1
    assert said(caplog)[0].startswith("GROQ_API_KEY: Groq refuses it")
    budget.learn(requests_of_a_day(500_000))
    budget.learn(Answer(CHAT, key_refused=True))
    assert len(said(caplog)) == 2


def test_a_key_of_another_organization_is_said_once(budget: Budget, caplog: pytest.LogCaptureFixture) -> None:
    budget.learn(requests_of_a_day(500_000))
    assert said(caplog) == []
    for _ in range(1_000):  # two processes with two keys
        budget.learn(requests_of_a_day(1_000))
        budget.learn(requests_of_a_day(500_000))
    assert said(caplog) == [
        f"GROQ_API_KEY: the limit of requests of {CHAT!r} was 500000 and is 1000: "
        "another plan, or another organization's key",
        f"GROQ_API_KEY: the limit of requests of {CHAT!r} was 1000 and is 500000: "
        "another plan, or another organization's key",
    ]


def test_limits_below_one_call_are_said_once(budget: Budget, caplog: pytest.LogCaptureFixture) -> None:
    few = {"requests": Left(2_000, 1_999, 43.2), "audio-seconds": Left(1_800, 1_700, 200.0)}
    for _ in range(1_000):
        budget.learn(Answer(WHISPER, few))
    (line,) = said(caplog)
    assert "too low for even one call (1,800 audio seconds an hour of whisper-large-v3-turbo)" in line
