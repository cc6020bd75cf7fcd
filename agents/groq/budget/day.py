"""What serves callers while a limit is spent. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from agents.groq.budget.budget import Budget
from settings import GroqSettings


def spent_for_the_day(budget: Budget, settings: GroqSettings, *, longer_than_s: float) -> bool:
    """Whether no model hears, or none answers, for longer than this. A spare voice always speaks."""

    def is_spent(model: str) -> bool:
        hold = budget.hold(model)
        return hold is not None and hold.day and hold.left_s > longer_than_s

    ears = {settings.hearing_model, settings.second_hearing_model}
    chat = {settings.chat_model, settings.second_chat_model}
    return any(all(map(is_spent, models)) for models in (ears, chat))


def nothing_to_try(budget: Budget, settings: GroqSettings, *, longer_than_s: float) -> bool:
    """Whether the same is certain: no try is due, either. Now and then a caller finds out for all others."""
    ears = (settings.hearing_model, settings.second_hearing_model)
    chat = (settings.chat_model, settings.second_chat_model)
    tried = all(any(map(budget.may_try, models)) for models in (ears, chat))
    return not tried and spent_for_the_day(budget, settings, longer_than_s=longer_than_s)


def serving(budget: Budget, settings: GroqSettings) -> Sequence[str]:
    """The models that serve calls now: the second where the first is held, none for speech that is.

    A call for which the spare voice speaks needs nothing of the speech model.
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
