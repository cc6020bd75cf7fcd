"""What to try after a reply failed: a table from faults to fallbacks. Pure: no I/O, no clock."""

from __future__ import annotations

from collections.abc import Mapping, Set
from enum import StrEnum

from agents.groq.errors import Fault


class Fallback(StrEnum):
    """What to try next."""

    RETRY = "retry"  # at once
    RETRY_AFTER_WAIT = "retry_after_wait"  # after Groq's retry-after
    LOWER_TEMPERATURE = "lower_temperature"  # at a lower temperature
    WITHOUT_TOOLS = "without_tools"
    SECOND_MODEL = "second_model"


FALLBACKS: Mapping[Fault, tuple[Fallback, ...]] = {
    Fault.LIMITED: (Fallback.RETRY_AFTER_WAIT, Fallback.SECOND_MODEL),
    Fault.DAY_SPENT: (Fallback.SECOND_MODEL,),
    Fault.TERMS: (Fallback.SECOND_MODEL,),
    Fault.NO_CAPACITY: (Fallback.SECOND_MODEL,),
    Fault.TOOL_USE: (Fallback.LOWER_TEMPERATURE, Fallback.WITHOUT_TOOLS),
    Fault.GONE: (Fallback.SECOND_MODEL,),
    Fault.REFUSED: (),
    Fault.MISUSED: (Fallback.SECOND_MODEL,),
    Fault.BROKEN: (Fallback.RETRY, Fallback.SECOND_MODEL),
    Fault.LOST: (Fallback.RETRY, Fallback.SECOND_MODEL),
    Fault.SLOW: (Fallback.SECOND_MODEL,),
    Fault.CUT_SHORT: (Fallback.RETRY, Fallback.SECOND_MODEL),
}
"""For each fault the fallbacks in order. A reply uses each at most once."""


def next_fallback(
    fault: Fault, used: Set[Fallback], *, wait_s: float | None, wait_limit_s: float
) -> Fallback | None:
    """Pick the first unused fallback for `fault`; None: give up. Skips a wait that is too long."""
    for fallback in FALLBACKS[fault]:
        too_long = fallback is Fallback.RETRY_AFTER_WAIT and (wait_s is None or wait_s >= wait_limit_s)
        if fallback not in used and not too_long:
            return fallback
    return None
