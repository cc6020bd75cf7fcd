"""Whether trying once more is of use where there is no second model: hearing and speaking. Pure."""

from __future__ import annotations

from agents.groq.errors import Fault, fault_of, retry_after_s
from settings import GroqSettings

_AT_ONCE = {Fault.NO_CAPACITY, Fault.BROKEN, Fault.LOST, Fault.SLOW, Fault.CUT_SHORT}
FIRST_TRY_SHARE = 0.4
"""Of the whole limit: a try that stalls leaves time for another."""


def wait_before_retry_s(error: Exception, settings: GroqSettings) -> float | None:
    """How long to wait before the second try, in seconds; None: it would be of no use."""
    fault = fault_of(error)
    if fault in _AT_ONCE:
        return 0.0
    asked_s = retry_after_s(error)
    if fault is Fault.LIMITED and asked_s is not None and asked_s < settings.retry_wait_limit_s:
        return asked_s
    return None
