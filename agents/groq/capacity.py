"""Estimates how many calls an account's limits allow, from what a minute of a call uses. Pure.

What a call uses was measured with the stand-in's ledger (docs/measurements.md, "What a call uses"). Callers
who talk more or pause more use more. Limits come from Groq's headers; a limit that no header gives is the one
documented for the account's tier.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from agents.groq.documented_limits import TIERS, ModelLimits, Tier, tier_of
from agents.groq.rate_limits import Left
from settings import GroqSettings

CALL_MINUTES = 3.0
"""Length of a usual call, to convert minutes a day into calls a day."""


@dataclass(frozen=True, slots=True)
class Use:
    """How much of one model a minute of a call uses. Chat tokens exclude those from the cache."""

    requests: float
    tokens: float = 0.0
    audio_s: float = 0.0


CHAT = Use(requests=6, tokens=4_700)
HEARING = Use(requests=6, audio_s=60)
SPEAKING = Use(requests=10, tokens=460)
"""All three are twice what `make demo` uses in its minute: pauses cause guesses that are thrown away."""


@dataclass(frozen=True, slots=True)
class Carried:
    """How many calls the limits allow `at_once`, and `a_day` with CALL_MINUTES each, with the binding limits.

    `unseen`: models that were left out because their limits are unknown.
    """

    tier: Tier | None
    at_once: float
    bound_by: str
    a_day: float
    day_bound_by: str
    unseen: tuple[str, ...]

    def __str__(self) -> str:
        plan = f"{self.tier} plan" if self.tier else "limits of its own"
        without = f"without {', '.join(self.unseen)}, " if self.unseen else ""
        return (
            f"{plan}: {without}{_count(self.at_once)} at once ({self.bound_by}), "
            f"about {_count(self.a_day)} of {CALL_MINUTES:g} minutes a day ({self.day_bound_by})"
        )


def carried(
    settings: GroqSettings,
    seen: Mapping[str, Mapping[str, Left]],
    models: Sequence[str] | None = None,
) -> Carried | None:
    """Return how many calls the limits allow; None if no limit of a day, or no shorter one, is known.

    `seen`: the limits in the headers, by model. `models`: for chat, hearing and, optionally, speech; by
    default the first of each.
    """
    models = models or (settings.chat_model, settings.hearing_model, settings.speaking_model)
    uses = dict(zip(models, (CHAT, HEARING, SPEAKING), strict=False))
    tiers, short, long = set[Tier | None](), list[tuple[float, str]](), list[tuple[float, str]]()
    for model, use in uses.items():
        if not (told := seen.get(model)):
            continue
        tier = tier_of(model, told["requests"].limit) if "requests" in told else None
        tiers.add(tier)
        for limit, minutes, used, name in _limits(tier, model, told, use):
            calls = limit / used / (CALL_MINUTES if minutes == _DAY else minutes)
            (long if minutes == _DAY else short).append((calls, f"{limit:,} {name}"))
    if not short or not long:
        return None
    unseen = tuple(model for model in uses if not seen.get(model))
    return Carried(tiers.pop() if len(tiers) == 1 else None, *min(short), *min(long), unseen)


_HOUR, _DAY = 60, 24 * 60


def _limits(
    tier: Tier | None, model: str, told: Mapping[str, Left], use: Use
) -> Iterator[tuple[int, int, float, str]]:
    """Return each known limit with its window in minutes, its use by a call's minute, and its name."""
    documented = TIERS[tier][model] if tier else ModelLimits()
    every = [
        (documented.requests_minute, 1, use.requests, f"requests a minute of {model}"),
        (_told(told, "requests"), _DAY, use.requests, f"requests a day of {model}"),
        (_told(told, "tokens"), 1, use.tokens, f"tokens a minute of {model}"),
        (documented.tokens_day, _DAY, use.tokens, f"tokens a day of {model}"),
        (_told(told, "audio-seconds"), _HOUR, use.audio_s, f"audio seconds an hour of {model}"),
        (documented.audio_day, _DAY, use.audio_s, f"audio seconds a day of {model}"),
    ]
    return ((limit, minutes, used, name) for limit, minutes, used, name in every if limit and used)


def _told(told: Mapping[str, Left], kind: str) -> int | None:
    return told[kind].limit if kind in told else None


def _count(calls: float) -> str:
    """Return the number of whole calls, in words that also cover less than one call."""
    return f"{math.floor(calls)} calls" if calls >= 2 else "1 call" if calls >= 1 else "not one whole call"
