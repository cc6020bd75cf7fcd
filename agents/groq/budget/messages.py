"""The messages between jobs and their parent about the budget, as JSON. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from pydantic import TypeAdapter

from agents.groq.budget.budget import Answer, Budget, Standing

_ANSWER = TypeAdapter(Answer)
_STANDINGS = TypeAdapter(dict[str, Standing])


def answer_told(answer: Answer) -> dict[str, Any]:
    """Return a job's message to its parent."""
    return {"answer": asdict(answer)}


def learn(budget: Budget, told: Mapping[str, Any]) -> None:
    """Learn from a job's message."""
    budget.learn(_ANSWER.validate_python(told["answer"]))


def standings_told(standings: Mapping[str, Standing], calls: int, now: float) -> dict[str, Any]:
    """Return the parent's message to its jobs. Times are seconds from `now`: clocks may differ."""
    told = {name: asdict(_moved(each, -now)) for name, each in standings.items()}
    return {"standings": told, "calls": calls}


def obey(budget: Budget, told: Mapping[str, Any]) -> None:
    """Apply the parent's message."""
    standings, now = _STANDINGS.validate_python(told["standings"]), budget.now()
    budget.obey({name: _moved(each, now) for name, each in standings.items()})
    budget.calls = int(told["calls"])


def _moved(standing: Standing, seconds: float) -> Standing:
    return replace(standing, held=standing.held.moved(seconds))
