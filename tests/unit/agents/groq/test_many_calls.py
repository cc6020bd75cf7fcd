"""Many calls on one developer account for minutes, on a test's clock: what they have to do without.

The budgets of the jobs and their parent are real; the account is the stand-in's. A call has a turn about
every 10 s: two guesses at its words, a guess at the reply with its speech, then the turn itself.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field

import pytest

from agents.groq.budget.budget import Answer, Budget, Spend
from agents.groq.budget.messages import obey, standings_told
from agents.groq.documented_limits import Tier
from agents.groq.rate_limits import limits_in
from local.groq_standin.account.account import Account, Request
from local.groq_standin.error_responses import ErrorResponse
from persistence.records import Used
from settings import GroqSettings

SETTINGS = GroqSettings()
CHAT, SMALL, SPEECH = SETTINGS.chat_model, SETTINGS.second_chat_model, SETTINGS.speaking_model
EAR, SECOND_EAR = SETTINGS.hearing_model, SETTINGS.second_hearing_model
TOKENS, CHARACTERS = 900, 60
STEP_S, TOLD_EVERY_S, TURN_S = 0.1, 0.5, 10.0


@dataclass
class World:
    """`counted`: requests sent, refusals, guesses, and pieces of speech that a spare served."""

    calls: int
    now: float = 1_000.0
    counted: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.account = Account()
        self.account.clock.now = lambda: self.now  # type: ignore[method-assign]
        self.account.use(Tier.DEVELOPER)
        self.parent = Budget(lambda: self.now)
        self.jobs = [Budget(lambda: self.now) for _ in range(self.calls)]
        for job in self.jobs:
            job.heard = self.parent.learn

    def run(self, minutes: float) -> None:
        chance = random.Random(7)
        due = [self.now + TURN_S * chance.random() for _ in self.jobs]
        tell_at, until = self.now, self.now + 60 * minutes
        while self.now < until:
            self.now += STEP_S
            if self.now >= tell_at:
                tell_at = self.now + TOLD_EVERY_S
                told = standings_told(self.parent.standings(), self.calls, self.now)
                for job in self.jobs:
                    obey(job, told)
            for place, job in enumerate(self.jobs):
                if self.now >= due[place]:
                    due[place] = self.now + TURN_S * chance.uniform(0.7, 1.3)
                    self._guess(job)
                    self._turn(job)

    def _guess(self, job: Budget) -> None:
        for _ in range(2):
            if job.allows(Spend.GUESS, [EAR]):
                self._ask(job, Request(EAR, audio_s=3.0), guess=True)
        if job.allows(Spend.GUESS, [CHAT]):
            self._ask(job, Request(CHAT, tokens=TOKENS), guess=True)
            if job.allows(Spend.PREPARED, [SPEECH]):
                self._ask(job, Request(SPEECH, tokens=CHARACTERS), guess=True)

    def _turn(self, job: Budget) -> None:
        ear = SECOND_EAR if job.hold(EAR) or job.yields(EAR) else EAR
        self._ask(job, Request(ear, audio_s=4.0))
        chat = CHAT if job.allows(Spend.LARGER_MODEL, [CHAT]) else SMALL
        self._ask(job, Request(chat, tokens=TOKENS))
        for _ in range(2):
            if job.holds_long(SPEECH) or job.yields(SPEECH):
                self.counted["by a spare"] += 1
            else:
                self._ask(job, Request(SPEECH, tokens=CHARACTERS))

    def _ask(self, job: Budget, request: Request, *, guess: bool = False) -> None:
        model, held = request.model, job.hold(request.model)
        if held and not job.try_held(model):
            return
        self.counted["asked"] += 1
        self.counted["guesses"] += guess
        tokens = {"characters" if model == SPEECH else "prompt_tokens": request.tokens}
        job.spend(model, Used(requests=1, billed_audio_ms=round(1000 * request.billed_audio_s), **tokens))
        held_s = None
        try:
            self.account.admit(request)
        except ErrorResponse as refusal:
            self.counted["refused"] += 1
            held_s = float(refusal.headers["retry-after"])
        works = held is not None and held_s is None
        job.learn(Answer(model, limits_in(self.account.headers(model)), held_s, works=works))


def test_ten_calls_have_all_their_guesses() -> None:
    world = World(calls=10)
    world.run(2)
    assert world.counted["guesses"] == pytest.approx(10 * 12 * 4, rel=0.1)
    assert (world.counted["refused"], world.counted["by a spare"]) == (0, 0)


def test_twenty_calls_have_fewer_guesses_and_nothing_else_is_missing() -> None:
    world = World(calls=20)
    world.run(4)
    assert 0.5 * 20 * 24 * 4 < world.counted["guesses"] < 0.95 * 20 * 24 * 4
    assert (world.counted["refused"], world.counted["by a spare"]) == (0, 0)


def test_more_calls_than_the_account_carries_are_refused_for_one_request_in_a_hundred_at_most() -> None:
    world = World(calls=30)
    world.run(4)
    assert world.counted["refused"] <= 0.01 * world.counted["asked"]
    assert world.counted["by a spare"] > 0
