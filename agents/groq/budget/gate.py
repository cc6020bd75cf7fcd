"""Applies the budget to requests: repeats Groq's refusal, without asking Groq, for as long as Groq said.

Less urgent requests are held back by the code that would send them; a request that gets here is a turn's.
"""

from __future__ import annotations

import math
import random

import httpx

from agents.groq.budget.budget import Answer, Budget
from agents.groq.budget.hold import Hold
from agents.groq.errors import OF_A_DAY, REQUESTS_OF_A_MINUTE
from agents.groq.rate_limits import limits_in

_LEAST_HOLD_S = 0.1
"""The shortest hold, also for a refusal that gives no time."""


_SPREAD_S = 1.0
"""Requests that have waited for the end of a hold are spread over this time, not sent all at once."""
_MANY = 10
"""With more calls than this, requests are spread over the whole time; otherwise, over a part of it."""


def refusal_of(budget: Budget, model: str, hold: Hold, request: httpx.Request) -> httpx.Response:
    """Return the answer to a request that must not be sent because of `hold`."""
    words = f"not asked: {OF_A_DAY}known to be spent)" if hold.day else "not asked: known to be spent"
    waited_for = not budget.holds_long(model)
    spread_s = min(1.0, (budget.calls - 1) / _MANY) * _SPREAD_S if waited_for else 0.0
    wait_s = hold.left_s + random.random() * spread_s
    return httpx.Response(
        httpx.codes.TOO_MANY_REQUESTS,
        headers={"retry-after": f"{wait_s:.3f}"},
        json={"error": {"message": words, "type": "budget", "code": "rate_limit_exceeded"}},
        request=request,
    )


async def learn_from(budget: Budget, model: str, response: httpx.Response, *, tried: bool) -> None:
    """Let the budget learn from this answer. `tried`: the request was a try of a held model."""
    held_s, day, minute = None, False, False
    if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
        try:
            told_s = float(response.headers.get("retry-after", ""))
        except ValueError:
            told_s = 0.0
        held_s = max(_LEAST_HOLD_S, told_s) if math.isfinite(told_s) else _LEAST_HOLD_S
        words = await response.aread()
        day, minute = OF_A_DAY.encode() in words, REQUESTS_OF_A_MINUTE.encode() in words
    budget.learn(
        Answer(
            model,
            limits_in(response.headers),
            held_s,
            day,
            minute,
            works=tried and response.is_success,
            key_refused=response.status_code in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN},
        )
    )
