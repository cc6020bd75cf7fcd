"""The organization's account: its models, and its limits across every process that uses this stand-in.

Headers and refusals are worded as in Groq's documents (console.groq.com/docs/rate-limits) and in refusals
that users posted.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from agents.groq.documented_limits import SMALLEST_AUDIO_S, TIERS, ModelLimits, Tier
from local.groq_standin import error_responses
from local.groq_standin.account.allowance import DAY_S, HOUR_S, MINUTE_S, Allowance, duration
from local.groq_standin.account.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Request:
    """What one request asks for. `tokens` is the most that it may use, without cached tokens."""

    model: str
    tokens: int = 0
    audio_s: float = 0.0

    @property
    def billed_audio_s(self) -> float:
        return max(SMALLEST_AUDIO_S, self.audio_s) if self.audio_s else 0.0


class AccountClock:
    """Monotonic seconds that can be moved forward, so that no test waits for a minute or a day to pass."""

    def __init__(self) -> None:
        self._ahead_s = 0.0
        self._stopped_at: float | None = None

    def now(self) -> float:
        running = time.monotonic() if self._stopped_at is None else self._stopped_at
        return running + self._ahead_s

    def stop(self) -> None:
        """Stop the clock: from now on, only `forward` moves it."""
        self._stopped_at = time.monotonic()

    def forward(self, seconds: float) -> None:
        self._ahead_s += seconds


_ROOMY = ModelLimits(10_000, 500_000, 250_000)
_ROOMY_AUDIO = ModelLimits(10_000, 500_000, audio_hour=400_000)


class Account:
    """Without a tier, no limit refuses or counts anything, and the headers show a lot of room."""

    def __init__(self, tier: Tier | None = None) -> None:
        self.ledger = Ledger()
        self.clock = AccountClock()
        self.terms_missing: set[str] = set()
        """Models whose terms the organization has not accepted. They are still listed."""
        self.gone: set[str] = set()
        """Models that have been shut down. They are neither listed nor served."""
        self.use(tier)

    def use(self, tier: Tier | None) -> None:
        """Change to another plan. What was spent so far no longer counts."""
        self.tier = tier
        limits = (
            TIERS[tier]
            if tier
            else {model: _ROOMY_AUDIO if "whisper" in model else _ROOMY for model in TIERS[Tier.FREE]}
        )
        self._models = {model: _allowances(one, self.clock.now) for model, one in limits.items()}

    def admit(self, request: Request) -> None:
        """Count a request if every limit has room for it. Raises: ErrorResponse."""
        used = self.ledger[request.model]
        try:
            self._check_model(request.model)
            if self.tier is not None:
                self._check_limits(request)
        except error_responses.ErrorResponse:
            used.refused += 1
            raise
        used.requests += 1
        used.audio_ms += round(request.audio_s * 1000)
        used.billed_audio_ms += round(request.billed_audio_s * 1000)

    def settle(self, request: Request, tokens: int) -> None:
        """Give back the tokens that were requested and not used. `tokens`: those that were used."""
        if self.tier is not None:
            for allowance in self._models[request.model]:
                if allowance.unit == "tokens":
                    allowance.take(tokens - request.tokens)

    def headers(self, model: str) -> dict[str, str]:
        """Return the headers: the day's requests, and the minute's tokens or the hour's audio.

        Empty for a model without limits.
        """
        shown = {"requests": DAY_S, "tokens": MINUTE_S, "seconds": HOUR_S}
        headers = {}
        for one in self._models.get(model, []):
            if one.window_s == shown[one.unit]:
                what = "audio-seconds" if one.unit == "seconds" else one.unit
                headers[f"x-ratelimit-limit-{what}"] = str(one.limit)
                headers[f"x-ratelimit-remaining-{what}"] = str(one.left)
                headers[f"x-ratelimit-reset-{what}"] = duration(one.reset_s())
        return headers

    def public(self) -> dict[str, object]:
        """The body of `GET /control/account`."""
        return {
            "tier": self.tier,
            "terms_missing": sorted(self.terms_missing),
            "gone": sorted(self.gone),
            "used": self.ledger.public(),
            "left": {
                model: {one.name: one.left for one in allowances}
                for model, allowances in self._models.items()
            },
        }

    def _check_model(self, model: str) -> None:
        if model in self.gone:
            raise error_responses.model_decommissioned(model)
        if model in self.terms_missing:
            raise error_responses.model_terms_required(model)

    def _check_limits(self, request: Request) -> None:
        """Check and count. The limit with the longest wait refuses; a refused request counts towards none."""
        asked = {"requests": 1.0, "tokens": float(request.tokens), "seconds": request.billed_audio_s}
        allowances = self._models[request.model]
        worst = max(allowances, key=lambda one: one.wait_s(asked[one.unit]))
        wait_s = worst.wait_s(asked[worst.unit])
        if math.isinf(wait_s):
            raise error_responses.too_large(request.model, worst, asked[worst.unit])
        if wait_s:
            raise error_responses.limit_reached(request.model, worst, asked[worst.unit], wait_s)
        for one in allowances:
            one.take(asked[one.unit])


def _allowances(limits: ModelLimits, now: Callable[[], float]) -> list[Allowance]:
    every = [
        ("requests per minute (RPM)", "requests", limits.requests_minute, MINUTE_S),
        ("requests per day (RPD)", "requests", limits.requests_day, DAY_S),
        ("tokens per minute (TPM)", "tokens", limits.tokens_minute, MINUTE_S),
        ("tokens per day (TPD)", "tokens", limits.tokens_day, DAY_S),
        ("seconds of audio per hour (ASPH)", "seconds", limits.audio_hour, HOUR_S),
        ("seconds of audio per day (ASPD)", "seconds", limits.audio_day, DAY_S),
    ]
    return [Allowance(name, unit, limit, window_s, now) for name, unit, limit, window_s in every if limit]
