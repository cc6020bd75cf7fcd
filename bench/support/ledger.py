"""Compares what calls cost with what the stand-in's account has spent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

import httpx

from agents.groq.spending.book import minus, plus
from persistence.contract.costs import CostStore
from persistence.records import Used

Ledger = Mapping[str, Used]
"""What was used, by model."""

_SAME = tuple(field.name for field in fields(Used) if field.name != "refused")
"""The figures to compare. An injected fault refuses requests before they reach the account, so the account
does not count them."""


async def spent(stand_in: str) -> Ledger:
    """Return the account's ledger. `stand_in` is its address."""
    async with httpx.AsyncClient(base_url=stand_in) as client:
        told = (await client.get("/control/account")).json()["used"]
    return {
        model: Used(**{name: figure for name, figure in used.items() if name != "untold_tokens"})
        for model, used in told.items()
    }


async def counted(store: CostStore) -> Ledger:
    """Return what all of the store's calls cost."""
    sums: dict[str, Used] = {}
    for (model, _), used in (await store.costs_by_model()).items():
        sums[model] = plus(sums.get(model, Used()), used)
    return sums


@dataclass(frozen=True, slots=True)
class Costs:
    """What the calls counted, and the account's ledger before and after the calls."""

    calls: Ledger
    before: Ledger
    after: Ledger

    def figures(self) -> dict[str, object]:
        """Return the figures. `cost_differences` by model and figure: counted minus spent; empty if equal."""
        spent_of = {model: self._spent(model) for model in sorted({*self.calls, *self.after})}
        return {
            "spent": {model: _named(used) for model, used in spent_of.items()},
            "cost_differences": {
                model: more
                for model, used in spent_of.items()
                if (more := _named(minus(self.calls.get(model, Used()), used)))
            },
        }

    def _spent(self, model: str) -> Used:
        return minus(self.after.get(model, Used()), self.before.get(model, Used()))


def _named(used: Used) -> dict[str, int]:
    figures = asdict(used)
    return {name: figures[name] for name in _SAME if figures[name]}
