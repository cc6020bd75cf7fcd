"""What to do next when a reply failed: a table from faults to remedies. Pure: no I/O, no clock."""

from __future__ import annotations

from collections.abc import Mapping, Set
from enum import StrEnum

from agents.groq.errors import Fault


class Remedy(StrEnum):
    """What to try next."""

    AGAIN = "again"  # at once
    AFTER_WAIT = "after_wait"  # after Groq's retry-after
    COOLER = "cooler"  # at a lower temperature
    WITHOUT_TOOLS = "without_tools"
    SECOND_MODEL = "second_model"


REMEDIES: Mapping[Fault, tuple[Remedy, ...]] = {
    Fault.LIMITED: (Remedy.AFTER_WAIT, Remedy.SECOND_MODEL),
    Fault.NO_CAPACITY: (Remedy.SECOND_MODEL,),
    Fault.TOOL_USE: (Remedy.COOLER, Remedy.WITHOUT_TOOLS),
    Fault.GONE: (Remedy.SECOND_MODEL,),
    Fault.REFUSED: (),
    Fault.MISUSED: (Remedy.SECOND_MODEL,),
    Fault.BROKEN: (Remedy.AGAIN, Remedy.SECOND_MODEL),
    Fault.LOST: (Remedy.AGAIN, Remedy.SECOND_MODEL),
    Fault.SLOW: (Remedy.SECOND_MODEL,),
    Fault.CUT_SHORT: (Remedy.AGAIN, Remedy.SECOND_MODEL),
}
"""For each fault the remedies in order; each is used once a reply."""


def next_remedy(
    fault: Fault, used: Set[Remedy], *, wait_s: float | None, wait_limit_s: float
) -> Remedy | None:
    """Pick the first remedy for `fault` that is not used up; None: give up. Too long a wait is no remedy."""
    for remedy in REMEDIES[fault]:
        too_long = remedy is Remedy.AFTER_WAIT and (wait_s is None or wait_s >= wait_limit_s)
        if remedy not in used and not too_long:
            return remedy
    return None
