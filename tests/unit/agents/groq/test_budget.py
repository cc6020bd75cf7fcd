"""How much of an account's limits may be spent, on a clock that the tests move."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import groq
import httpx
import pytest

from agents.groq.breaker import Breaker
from agents.groq.budget.budget import Answer, Budget, Spend
from agents.groq.budget.day import nothing_to_try, spent_for_the_day
from agents.groq.budget.gate import refusal_of
from agents.groq.budget.hold import Hold
from agents.groq.budget.messages import answer_told, learn, obey, standings_told
from agents.groq.rate_limits import Left
from agents.groq.spending.book import SpendingBook
from agents.groq.spending.metered_client import MeteredClient
from agents.groq.stt.allowance import RequestAllowance
from agents.worker.budget_desk import BudgetDesk
from persistence.records import Used
from settings import GroqSettings

WHISPER, CHAT, SMALL = "whisper-large-v3-turbo", "openai/gpt-oss-120b", "openai/gpt-oss-20b"
REQUEST = httpx.Request("POST", "http://groq.test/openai/v1/chat/completions")


class Clock:
    def __init__(self) -> None:
        self.s = 1_000.0

    def __call__(self) -> float:
        return self.s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def budget(clock: Clock) -> Budget:
    return Budget(clock)


def tokens_left(left: int, model: str = CHAT) -> Answer:
    return Answer(model, {"tokens": Left(250_000, left, (250_000 - left) / 250_000 * 60)})


def day_used(used: int) -> Answer:
    """Return an answer that says how many of a developer's 200,000 transcriptions a day are used."""
    return Answer(WHISPER, {"requests": Left(200_000, 200_000 - used, used / 200_000 * 86_400)})


@pytest.mark.parametrize(
    ("left", "first"),
    [
        (200_000, Spend.GUESS),
        (90_000, Spend.PREPARED),
        (60_000, Spend.LARGER_MODEL),
        (30_000, Spend.NEW_CALL),
        (10_000, Spend.TURN),
    ],
)
def test_what_callers_notice_least_goes_first(budget: Budget, left: int, first: Spend) -> None:
    budget.learn(tokens_left(left))
    assert [spend for spend in Spend if budget.allows(spend, [CHAT])] == [s for s in Spend if s >= first]


def test_an_account_of_which_nothing_is_known_allows_all(budget: Budget) -> None:
    assert budget.allows(Spend.GUESS, [CHAT, WHISPER])
    assert budget.hold(CHAT) is None
    assert budget.share_a_minute(WHISPER) is None


def test_a_limit_has_room_again_as_its_window_passes(budget: Budget, clock: Clock) -> None:
    budget.learn(tokens_left(0))
    clock.s += 30
    assert budget.allows(Spend.GUESS, [CHAT])


def test_a_minutes_requests_are_seen_in_the_days_whoever_made_them(budget: Budget, clock: Clock) -> None:
    budget.learn(day_used(1_000))
    clock.s += 1
    budget.learn(day_used(1_300))  # 300 within a second, by other workers too
    assert not budget.allows(Spend.GUESS, [WHISPER])
    assert budget.allows(Spend.PREPARED, [WHISPER]) is (400 - 303 > 0.3 * 400)
    clock.s += 30
    assert budget.allows(Spend.GUESS, [WHISPER])


def test_requests_that_nobody_saw_are_spread_over_the_time_in_which_they_were_made(
    budget: Budget, clock: Clock
) -> None:
    budget.learn(day_used(1_000))
    clock.s += 600
    budget.learn(day_used(2_600))  # by other workers: 260 of 400 a minute, since the first 1,000 have expired
    assert budget.allows(Spend.PREPARED, [WHISPER])
    assert not budget.allows(Spend.GUESS, [WHISPER])


def test_a_day_that_is_written_off_says_nothing_of_the_minute(budget: Budget, clock: Clock) -> None:
    budget.learn(day_used(1_000))
    clock.s += 1
    budget.learn(day_used(200_000))
    assert not budget.allows(Spend.NEW_CALL, [WHISPER])
    clock.s += 1
    budget.learn(day_used(1_010))
    assert budget.allows(Spend.GUESS, [WHISPER])


def test_answers_that_come_in_another_order_are_not_counted_twice(budget: Budget, clock: Clock) -> None:
    for used in range(1, 200):
        clock.s += 0.01
        budget.learn(day_used(used + 1))
        budget.learn(day_used(used))
    assert budget.allows(Spend.GUESS, [WHISPER])


def test_a_key_of_another_plan_is_believed_at_once(budget: Budget) -> None:
    budget.learn(tokens_left(0))
    budget.learn(Answer(CHAT, {"tokens": Left(8_000, 8_000, 0.0)}))
    assert budget.allows(Spend.GUESS, [CHAT])


def test_one_jobs_refusal_holds_the_model_for_every_job(clock: Clock, budget: Budget) -> None:
    first, second = Budget(clock), Budget(clock)
    told: list[dict[str, object]] = []
    first.heard = lambda answer: told.append(answer_told(answer))
    first.learn(Answer(CHAT, held_s=12.0))
    learn(budget, json.loads(json.dumps(told[0])))
    obey(second, json.loads(json.dumps(standings_told(budget.standings(), 2, budget.now()))))
    assert not second.allows(Spend.NEW_CALL, [CHAT])
    clock.s += 11.9
    assert second.hold(CHAT) is not None
    clock.s += 0.2
    obey(second, standings_told(budget.standings(), 2, budget.now()))
    assert second.hold(CHAT) is None
    assert second.allows(Spend.GUESS, [CHAT])


@pytest.fixture
def asked() -> list[str]:
    return []


@pytest.fixture
async def groq_client(budget: Budget, asked: list[str]) -> AsyncIterator[MeteredClient]:
    """Yield a client whose Groq refuses for 2,170 s by a day's limit, until `asked` holds "room"."""

    async def answer(request: httpx.Request) -> httpx.Response:
        if "room" in asked:
            return httpx.Response(200, json={})
        asked.append(json.loads(request.content)["model"])
        words = "Rate limit reached on tokens per day (TPD): Limit 200000"
        return httpx.Response(429, headers={"retry-after": "2170"}, text=words)

    async with MeteredClient(SpendingBook(), budget, transport=httpx.MockTransport(answer)) as client:
        yield client


async def asks(client: httpx.AsyncClient, model: str = CHAT) -> httpx.Response:
    return await client.post(REQUEST.url, json={"model": model})


async def test_a_held_model_is_refused_without_asking(
    budget: Budget, clock: Clock, groq_client: MeteredClient, asked: list[str]
) -> None:
    await asks(groq_client)
    answer = await asks(groq_client)
    assert asked == [CHAT]
    assert answer.status_code == 429
    assert float(answer.headers["retry-after"]) == 2_170
    assert "per day (" in answer.json()["error"]["message"]
    assert budget.hold(SMALL) is None
    clock.s += 2_171
    assert budget.hold(CHAT) is None


async def test_callers_turns_try_a_held_model_once_at_a_time_and_ever_more_rarely(
    clock: Clock, groq_client: MeteredClient, asked: list[str]
) -> None:
    await asks(groq_client)
    tried_at, began = [], clock.s
    for _ in range(2_000):  # a turn every 0.1 s
        before = len(asked)
        clock.s += 0.1
        await asks(groq_client)
        tried_at += [clock.s - began] * (len(asked) - before)
    assert tried_at == pytest.approx([0.25, 1.25, 5.25, 21.25, 81.25, 141.25], abs=0.4)


async def test_a_try_that_works_ends_the_hold_for_all_jobs_and_every_model_use_of_it(
    budget: Budget, clock: Clock, groq_client: MeteredClient, asked: list[str]
) -> None:
    other = Budget(clock)
    breaker = Breaker(GroqSettings(), clock, budget=other)
    await asks(groq_client)
    obey(other, standings_told(budget.standings(), 2, budget.now()))
    error = groq.RateLimitError("", response=refusal_of(other, CHAT, Hold(20, day=False), REQUEST), body=None)
    breaker.record_failure(CHAT, error)
    assert not breaker.trusts(CHAT)
    clock.s += 3
    asked.append("room")
    assert (await asks(groq_client)).status_code == 200
    obey(other, standings_told(budget.standings(), 2, budget.now()))
    assert other.hold(CHAT) is None
    assert other.allows(Spend.GUESS, [CHAT])
    assert breaker.trusts(CHAT)


async def test_a_hold_that_is_worth_waiting_for_is_waited_for(
    budget: Budget, clock: Clock, groq_client: MeteredClient, asked: list[str]
) -> None:
    budget.learn(Answer(CHAT, held_s=2.5))
    clock.s += 1.2
    assert float((await asks(groq_client)).headers["retry-after"]) == pytest.approx(1.3)
    assert asked == []


def test_what_one_job_tries_no_other_tries(budget: Budget, clock: Clock) -> None:
    jobs = [Budget(clock) for _ in range(10)]
    for job in jobs:
        job.heard = lambda answer: learn(budget, json.loads(json.dumps(answer_told(answer))))
    jobs[0].learn(Answer(CHAT, held_s=20.0))
    tries = 0
    for _ in range(200):  # each job has a turn every 0.1 s
        clock.s += 0.1
        for job in jobs:
            told = json.dumps(standings_told(budget.standings(), 10, budget.now()))
            obey(job, json.loads(told))
            tries += job.try_held(CHAT)
    assert tries == 3


def test_the_smaller_model_answers_when_the_larger_has_little_left(clock: Clock, budget: Budget) -> None:
    breaker = Breaker(GroqSettings(), clock, budget=budget)
    assert breaker.pick(CHAT, SMALL) == CHAT
    budget.learn(tokens_left(40_000))
    assert breaker.pick(CHAT, SMALL) == SMALL
    budget.learn(tokens_left(40_000, SMALL))
    assert breaker.pick(CHAT, SMALL) == CHAT


def hears(budget: Budget, billed_s: float = 10.0) -> None:
    budget.spend(WHISPER, Used(requests=1, billed_audio_ms=round(1000 * billed_s)))


def test_a_call_that_has_spent_its_share_makes_no_guesses_but_is_heard(budget: Budget, clock: Clock) -> None:
    budget.learn(day_used(1))  # 400 a minute
    budget.calls = 100
    for _ in range(4):
        assert budget.allows(Spend.GUESS, [WHISPER])
        hears(budget)
    allowance = RequestAllowance(lambda: budget.allows(Spend.GUESS, [WHISPER]))
    assert not allowance.allows(guess=True)
    assert allowance.allows(guess=False)
    assert budget.allows(Spend.NEW_CALL, [WHISPER]), "others have room"
    assert not budget.yields(WHISPER)
    clock.s += 15
    assert allowance.allows(guess=True)


def test_long_recordings_count_by_their_seconds(budget: Budget) -> None:
    budget.learn(Answer(WHISPER, {"audio-seconds": Left(7_200, 7_100, 50.0)}))  # 120 s a minute
    budget.calls = 2
    for _ in range(2):
        assert budget.allows(Spend.GUESS, [WHISPER])
        hears(budget, 30.0)
    assert not budget.allows(Spend.GUESS, [WHISPER])


def test_what_is_refused_is_not_of_the_share(budget: Budget) -> None:
    budget.learn(day_used(1))
    budget.calls = 400
    book = SpendingBook()
    book.spent = budget.spend
    entry = book.entry(WHISPER, Used(requests=1, billed_audio_ms=10_000))
    entry.sent()
    assert not budget.allows(Spend.GUESS, [WHISPER])
    entry.refused()
    assert budget.allows(Spend.GUESS, [WHISPER])


def test_a_guess_that_is_thrown_away_stays_spent_and_counts_once(budget: Budget) -> None:
    budget.learn(Answer(CHAT, {"tokens": Left(250_000, 249_000, 0.24)}))
    budget.calls = 100  # 2,500 tokens each
    book = SpendingBook()
    book.spent = budget.spend
    guess = book.entry(CHAT, Used(requests=1, untold=1))
    guess.sent()
    guess.told(Used(prompt_tokens=1_400, cached_tokens=300, completion_tokens=100))
    guess.throw_away()
    assert budget.allows(Spend.GUESS, [CHAT])
    assert (book.sums[CHAT, False], book.sums[CHAT, True].prompt_tokens) == (Used(), 1_400)
    budget.spend(CHAT, Used(requests=1, prompt_tokens=1_300))
    assert not budget.allows(Spend.GUESS, [CHAT])
    assert not budget.allows(Spend.LARGER_MODEL, [CHAT])


def test_who_has_spent_the_own_share_takes_the_spares_when_others_have_little_left(
    budget: Budget, clock: Clock
) -> None:
    speech, settings = GroqSettings().speaking_model, GroqSettings()
    breaker = Breaker(settings, clock, budget=budget)
    budget.calls = 10
    budget.learn(Answer(speech, {"tokens": Left(50_000, 4_000, 55.2)}))
    assert not budget.yields(speech), "a call that speaks little"
    budget.spend(speech, Used(requests=1, characters=5_100))
    assert budget.yields(speech)
    assert not budget.yields(WHISPER)
    assert breaker.pick(CHAT, SMALL) == CHAT


def test_finding_5_noise_of_one_call_is_asked_about_no_more_often_than_its_share_has() -> None:
    allowance = RequestAllowance(share=lambda: 12.0)
    for _ in range(3):
        allowance.sent()
        allowance.answered("")
    allowance.hear(4.9)
    assert not allowance.allows(guess=False)
    allowance.hear(0.2)
    assert allowance.allows(guess=False)


def test_the_share_of_a_call_is_smaller_the_more_calls_there_are(budget: Budget) -> None:
    budget.learn(day_used(1))
    budget.calls = 20
    assert budget.share_a_minute(WHISPER) == 20


def test_a_new_call_fits_if_the_account_carries_one_more(budget: Budget) -> None:
    calls = 1
    desk = BudgetDesk(budget, GroqSettings(), lambda: calls)
    assert desk.room_for_calls() is None
    budget.learn(day_used(1))
    budget.learn(Answer(WHISPER, {"audio-seconds": Left(6_000, 5_000, 600.0)}))  # enough for 1.67 calls
    assert desk.room_for_calls() == 0
    calls = 0
    assert desk.room_for_calls() == 1
    budget.learn(Answer(WHISPER, held_s=30.0, day=True))
    assert desk.room_for_calls() == 1, "nobody is turned away by a worker without a call"
    calls = 1
    assert desk.room_for_calls() == 0


def test_spares_serve_new_calls_while_the_first_models_are_spent(budget: Budget) -> None:
    settings = GroqSettings()
    desk = BudgetDesk(budget, settings, lambda: 1)
    desk.calls_of_others = 2
    for model in (WHISPER, settings.second_hearing_model):
        budget.learn(Answer(model, {"requests": Left(200_000, 200_000, 0.0)}))
        budget.learn(Answer(model, {"audio-seconds": Left(400_000, 400_000, 0.0)}))
    carries = desk.room_for_calls()
    assert carries is not None
    budget.learn(Answer(settings.speaking_model, held_s=3_600.0, day=True))
    assert desk.room_for_calls() == carries, "the spare voice speaks"
    budget.learn(Answer(WHISPER, held_s=3_600.0, day=True))
    fewer = desk.room_for_calls()
    assert fewer is not None
    assert 0 < fewer < carries, "the second ear has fewer requests a minute"
    desk.calls_of_others = 0
    assert desk.room_for_calls() == fewer + 2
    budget.learn(Answer(settings.second_hearing_model, held_s=3_600.0, day=True))
    assert desk.room_for_calls() is None, "nobody waits in line for a day: callers are told"


def test_a_day_is_spent_for_callers_once_no_model_is_left(budget: Budget, clock: Clock) -> None:
    settings = GroqSettings()
    budget.learn(Answer(CHAT, held_s=2_170.0, day=True))
    assert not spent_for_the_day(budget, settings, longer_than_s=90)
    budget.learn(Answer(SMALL, held_s=2_170.0, day=True))
    assert spent_for_the_day(budget, settings, longer_than_s=90)
    clock.s += 2_100
    assert not spent_for_the_day(budget, settings, longer_than_s=90)


def test_now_and_then_a_caller_finds_out_for_all_others_whether_the_day_is_still_spent(
    budget: Budget, clock: Clock
) -> None:
    settings = GroqSettings()
    for model in (CHAT, SMALL):
        budget.learn(Answer(model, held_s=2_170.0, day=True))
    assert nothing_to_try(budget, settings, longer_than_s=90)
    clock.s += 1
    assert not nothing_to_try(budget, settings, longer_than_s=90)
    for model in (CHAT, SMALL):
        assert budget.try_held(model)
    clock.s += 0.5
    assert nothing_to_try(budget, settings, longer_than_s=90)
    budget.learn(Answer(SMALL, works=True))
    assert not spent_for_the_day(budget, settings, longer_than_s=90)
