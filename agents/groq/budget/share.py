"""Counts what one call has spent of its share of the account in the last minute. Pure.

The share limits a caller who makes noise or talks without end before anybody else gets less.
"""

from __future__ import annotations

from collections.abc import Mapping

from agents.groq.budget.level import MINUTE_S, Level
from persistence.records import Used


class OwnShare:
    """What one call has spent of its share: an amount a minute for each model and kind of limit."""

    def __init__(self) -> None:
        self._spent: dict[str, dict[str, Level]] = {}

    def spend(self, model: str, used: Used, share: Mapping[str, float], now: float) -> None:
        """Count what a request uses, or gives back. Kinds without a known share are not counted."""
        amounts = {
            "requests": used.requests,
            "tokens": used.prompt_tokens - used.cached_tokens + used.completion_tokens + used.characters,
            "audio-seconds": used.billed_audio_ms / 1000,
        }
        spent = self._spent.setdefault(model, {})
        for kind, of_minute in share.items():
            before = spent.get(kind, Level(of_minute, MINUTE_S, 0.0, now))
            spent[kind] = Level(of_minute, MINUTE_S, max(0.0, before.used_at(now) + amounts[kind]), now)

    def is_left(self, model: str, now: float) -> bool:
        """Whether the share still has something left of each kind."""
        return all(each.used_at(now) < each.limit for each in self._spent.get(model, {}).values())
