"""Retry policy for transcription and speech, which have no second model. Pure."""

from __future__ import annotations

from agents.groq.errors import Fault, fault_of, retry_after_s
from settings import GroqSettings

_RETRY_AT_ONCE = {Fault.NO_CAPACITY, Fault.BROKEN, Fault.LOST, Fault.SLOW, Fault.CUT_SHORT}
FIRST_TRY_SHARE = 0.4
"""The first attempt's share of the whole timeout: if it stalls, there is time for a second attempt."""


def wait_before_retry_s(error: Exception, settings: GroqSettings) -> float | None:
    """Seconds to wait before the second attempt; None: do not retry."""
    fault = fault_of(error)
    if fault in _RETRY_AT_ONCE:
        return 0.0
    asked_s = retry_after_s(error)
    if fault is Fault.LIMITED and asked_s is not None and asked_s < settings.retry_wait_limit_s:
        return asked_s
    return None
