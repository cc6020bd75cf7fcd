"""Finds what can serve callers while a limit is spent. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from agents.groq.budget.budget import Budget
from settings import GroqSettings


def spent_for_the_day(budget: Budget, settings: GroqSettings, *, longer_than_s: float) -> bool:
    """Whether a day's limits leave no model for hearing, or none for chat, for more than `longer_than_s`.

    Speech does not matter: a spare voice can always speak.
    """

    def is_spent(model: str) -> bool:
        hold = budget.hold(model)
        return hold is not None and hold.day and hold.left_s > longer_than_s

    ears = {settings.hearing_model, settings.second_hearing_model}
    chat = {settings.chat_model, settings.second_chat_model}
    return any(all(map(is_spent, models)) for models in (ears, chat))


def nothing_to_try(budget: Budget, settings: GroqSettings, *, longer_than_s: float) -> bool:
    """Whether `spent_for_the_day` is true and no try is due. Now and then one caller tries for all."""
    ears = (settings.hearing_model, settings.second_hearing_model)
    chat = (settings.chat_model, settings.second_chat_model)
    tried = all(any(map(budget.may_try, models)) for models in (ears, chat))
    return not tried and spent_for_the_day(budget, settings, longer_than_s=longer_than_s)


def serving(budget: Budget, settings: GroqSettings) -> Sequence[str]:
    """Return the models that serve calls now: the second if the first is held, and no held speech model.

    A call for which the spare voice speaks does not need the speech model.
    """
    pairs = (
        (settings.chat_model, settings.second_chat_model),
        (settings.hearing_model, settings.second_hearing_model),
    )
    models = [
        second if budget.holds_long(first) and not budget.holds_long(second) else first
        for first, second in pairs
    ]
    if not budget.holds_long(settings.speaking_model):
        models.append(settings.speaking_model)
    return models
