"""Groq's prices, from a file that people edit: prices.md next to worker.py, or BATON_PRICES."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any

from agents.roster.markdown_file import RosterFile, read_roster_file
from errors import Mistakes
from persistence.records import Used
from settings import WorkerSettings

OWN = Path(__file__).parents[2] / "prices.md"
_MILLION, _HOUR_MS = 1_000_000, 3_600_000
_DEAREST = 1_000.0
"""Dollars. No model costs as much for any unit; a higher price must be for another unit."""


@dataclass(frozen=True, slots=True)
class Price:
    """One model's prices in US dollars: for a million tokens or characters, or for an hour of audio."""

    prompt: float = 0.0
    cached: float = 0.0
    completion: float = 0.0
    audio_hour: float = 0.0
    characters: float = 0.0

    def of(self, used: Used) -> float:
        """Return the cost in dollars."""
        new = used.prompt_tokens - used.cached_tokens
        tokens = (
            new * self.prompt + used.cached_tokens * self.cached + used.completion_tokens * self.completion
        )
        return (
            tokens + used.characters * self.characters
        ) / _MILLION + used.billed_audio_ms / _HOUR_MS * self.audio_hour


_FIELDS = tuple(field.name for field in fields(Price))


@dataclass(frozen=True, slots=True)
class Prices:
    """The prices by model, as they were on the day `as_of`."""

    as_of: date
    models: Mapping[str, Price]

    def of(self, model: str, used: Used) -> float | None:
        """Return the cost in dollars; None for a model without a price."""
        price = self.models.get(model)
        return None if price is None else price.of(used)


def load_prices(settings: WorkerSettings) -> Prices:
    """Read the file with the prices. Raises: BadInput, with every mistake and its line."""
    file = read_roster_file(settings.prices or OWN)
    mistakes = Mistakes()
    for name in file.fields.keys() - {"as_of", "models"}:
        mistakes.add(file.bad((name,), f"unknown field {name!r}", "write as_of or models"))
    with mistakes.collecting():
        as_of = _date(file)
    models = {}
    with mistakes.collecting():
        for model in _mapping(file, ("models",), "each model with its prices below it"):
            with mistakes.collecting():
                models[model] = _price(file, model)
    mistakes.tell()
    return Prices(as_of, models)


def _date(file: RosterFile) -> date:
    written = file.fields.get("as_of")
    try:
        return date.fromisoformat(str(written))
    except ValueError as error:
        wrong = "as_of is missing" if written is None else f"as_of is {written!r}, which is no date"
        raise file.bad(("as_of",), wrong, "write the day of these prices, as_of: 2026-10-31") from error


def _price(file: RosterFile, model: str) -> Price:
    place = ("models", model)
    written = _mapping(file, place, f"its prices below it: {', '.join(_FIELDS)}")
    mistakes = Mistakes()
    found = {}
    for name, value in written.items():
        with mistakes.collecting():
            found[name] = _dollars(file, (*place, name), value)
    mistakes.tell()
    for name, other in (("prompt", "completion"), ("completion", "prompt")):
        if name in found and other not in found:
            raise file.bad(place, f"{model} has {name} but no {other}", f"write {other} as well")
    price = Price(**{"cached": found.get("prompt", 0.0), **found})
    if price.cached > price.prompt:
        wrong = f"{model}: a cached token costs more than one that is not"
        raise file.bad((*place, "cached"), wrong, f"write {price.prompt:g} or less")
    return price


def _dollars(file: RosterFile, place: tuple[str, str, str], value: object) -> float:
    _, model, name = place
    if name not in _FIELDS:
        raise file.bad(place, f"{model} has the unknown field {name!r}", f"write {', '.join(_FIELDS)}")
    try:
        dollars = float(str(value))
    except ValueError:
        dollars = math.nan
    if not 0 <= dollars <= _DEAREST:
        wrong = f"{name} of {model} is {value!r}"
        raise file.bad(place, wrong, f"write US dollars, a number from 0 to {_DEAREST:g}, without a sign")
    return dollars


def _mapping(file: RosterFile, place: tuple[str, ...], right: str) -> Mapping[str, Any]:
    found: Any = file.fields
    for step in place:
        found = found.get(step)
    if not isinstance(found, dict) or not found:
        raise file.bad(place, f"{place[-1]} has no prices", f"write {right}")
    return found


def total(dollars: Iterable[float | None]) -> float:
    """Return the sum of the known costs."""
    return sum(one for one in dollars if one is not None)
