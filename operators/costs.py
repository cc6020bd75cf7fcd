"""A call's costs by model, including the cost of guesses that were thrown away. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agents.groq.prices import Prices, total
from agents.groq.spending.book import plus
from persistence.records import Cost, Used

COLUMNS = ("model", "requests", "prompt", "cached", "answers", "characters", "audio", "billed", "US$")
"""Columns of the table for people, with tokens, characters, and seconds of audio."""


@dataclass(frozen=True, slots=True)
class ModelCost:
    """The cost of one model. `used` includes `thrown_away`. Dollars are None for a model without a price."""

    model: str
    used: Used
    thrown_away: Used
    dollars: float | None
    dollars_thrown_away: float | None


@dataclass(frozen=True, slots=True)
class CallCosts:
    """A call's costs. `dollars` sums all models with a price, at the prices of the day `prices_as_of`."""

    dollars: float
    dollars_thrown_away: float
    prices_as_of: str
    models: Sequence[ModelCost]
    without_price: Sequence[str]


def costs_of(rows: Sequence[Cost], prices: Prices) -> CallCosts:
    """Return one call's costs from the rows of its processes."""
    models = [_model(model, rows, prices) for model in sorted({row.model for row in rows})]
    return CallCosts(
        dollars=total(each.dollars for each in models),
        dollars_thrown_away=total(each.dollars_thrown_away for each in models),
        prices_as_of=prices.as_of.isoformat(),
        models=models,
        without_price=[each.model for each in models if each.dollars is None],
    )


def _model(model: str, rows: Sequence[Cost], prices: Prices) -> ModelCost:
    used, thrown_away = Used(), Used()
    for row in rows:
        if row.model == model:
            used = plus(used, row.used)
            if row.thrown_away:
                thrown_away = plus(thrown_away, row.used)
    return ModelCost(model, used, thrown_away, prices.of(model, used), prices.of(model, thrown_away))


def rows_of(costs: CallCosts) -> list[tuple[object, ...]]:
    """Return the table's rows, with COLUMNS: one per model, one per thrown-away part, and the sums."""
    rows = [_row(each.model, each.used, each.dollars) for each in costs.models]
    rows += [
        _row(f"{each.model}: thrown away", each.thrown_away, each.dollars_thrown_away)
        for each in costs.models
        if each.thrown_away.requests
    ]
    sums = [("all", costs.dollars)]
    if costs.dollars_thrown_away:
        sums.append(("of that, for guesses that were wrong", costs.dollars_thrown_away))
    nothing = [""] * (len(COLUMNS) - 2)
    return rows + [(name, *nothing, _dollars(amount)) for name, amount in sums]


def notes_of(costs: CallCosts) -> list[str]:
    """Return notes on the figures for people: models without a price, and answers without token counts."""
    notes = [f"no price is known for {model}: add it to the price file" for model in costs.without_price]
    if untold := sum(each.used.untold for each in costs.models):
        answers = "an answer" if untold == 1 else f"{untold} answers"
        notes.append(f"{answers} ended before Groq sent the token count, which the sums lack")
    return notes


def _row(name: str, used: Used, dollars: float | None) -> tuple[object, ...]:
    figures = (used.prompt_tokens, used.cached_tokens, used.completion_tokens, used.characters)
    audio = (
        f"{length_ms / 1000:.2f}" if length_ms else "" for length_ms in (used.audio_ms, used.billed_audio_ms)
    )
    return (name, used.requests, *(figure or "" for figure in figures), *audio, _dollars(dollars))


def _dollars(amount: float | None) -> str:
    """Format an amount to a hundredth of a cent."""
    return "no price" if amount is None else f"{amount:.4f}"
