"""Which guesses a call's hearing may make, by the limits of the models that serve now."""

from __future__ import annotations

from agents.groq.budget.budget import Answer, Budget
from agents.groq.rate_limits import Left
from agents.groq.stt.thrift import Thrift
from settings import GroqSettings

SETTINGS = GroqSettings()


def used(budget: Budget, model: str, share: float) -> None:
    left = round(250_000 * (1 - share))
    budget.learn(Answer(model, {"tokens": Left(250_000, left, 60 * share)}))


def test_replies_are_prepared_by_the_smaller_model_when_the_larger_has_too_little_left_for_any() -> None:
    budget = Budget(lambda: 1_000.0)
    thrift = Thrift(budget, SETTINGS)
    used(budget, SETTINGS.chat_model, 0.7)
    assert not thrift.may_guess_reply()
    used(budget, SETTINGS.chat_model, 0.9)
    assert thrift.may_guess_reply()
    used(budget, SETTINGS.second_chat_model, 0.7)
    assert not thrift.may_guess_reply()


def test_a_role_with_a_model_of_its_own_is_held_to_that_ones_limits() -> None:
    budget = Budget(lambda: 1_000.0)
    thrift = Thrift(budget, SETTINGS.model_copy(update={"chat_model": "another"}))
    used(budget, SETTINGS.chat_model, 0.9)
    assert thrift.may_guess_reply()
    used(budget, "another", 0.7)
    assert not thrift.may_guess_reply()


def test_the_second_ear_guesses_while_the_first_is_held_for_long() -> None:
    budget = Budget(lambda: 1_000.0)
    thrift = Thrift(budget, SETTINGS)
    budget.learn(Answer(SETTINGS.hearing_model, held_s=900.0, day=True))
    assert thrift.may_guess_words()
    budget.learn(Answer(SETTINGS.second_hearing_model, held_s=900.0, day=True))
    assert not thrift.may_guess_words()
