"""Reports what workers wrote to the store: that they are alive, and which of Groq's limits are spent."""

from __future__ import annotations

from agents.groq.errors import API_KEY
from agents.groq.refusals import BILLING
from errors import OutOfReach, StoreError
from operators.doctor.checks import START_WORKER
from operators.spent_limits import words_of
from persistence.contract.limits import LimitStore
from persistence.contract.workers import WorkerStore
from persistence.engines import SETTING

_DAY_SPENT = f"wait, or choose a larger plan at {BILLING}; meanwhile spares serve where there are any"


async def living_workers(store: WorkerStore) -> str:
    """Describe how many workers take calls, where, and how many more calls fit.

    Raises: OutOfReach, if none does or the store does not answer.
    """
    try:
        living = await store.living_workers()
    except StoreError as error:
        raise OutOfReach(SETTING, "the workers are unknown", "see the check of the store") from error
    taking = [worker for worker in living if not worker.draining]
    draining = len(living) - len(taking)
    if not taking:
        raise OutOfReach(
            SETTING, f"none takes calls; {draining} drain" if living else "none runs", START_WORKER
        )
    hosts = ", ".join(sorted({worker.host for worker in taking}))
    more = sum(worker.room_for for worker in taking)
    drain = f"; {draining} drain" if draining else ""
    return f"{len(taking)} take calls, on {hosts}, with room for {more} more{drain}"


async def spent_limits(store: LimitStore) -> str:
    """Describe the limits that workers know to be spent.

    Raises: OutOfReach, if one of them is a day's limit, or the store does not answer.
    """
    try:
        spent = await store.spent_limits()
    except StoreError as error:
        raise OutOfReach(SETTING, "the limits are unknown", "see the check of the store") from error
    told = "; ".join(words_of(limit) for limit in spent)
    if any(limit.day for limit in spent):
        raise OutOfReach(API_KEY, told, _DAY_SPENT)
    return told or "none of Groq's limits is spent"
