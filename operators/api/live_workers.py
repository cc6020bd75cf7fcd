"""The workers that are alive, according to their leases in the store."""

from __future__ import annotations

from errors import OutOfReach, StoreError
from operators.doctor.checks import START_WORKER
from persistence.contract.workers import WorkerStore
from persistence.engines import SETTING


async def living_workers(store: WorkerStore) -> str:
    """How many take calls, and where. Raises: OutOfReach, if none does or the store does not answer."""
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
    return f"{len(taking)} take calls, on {hosts}" + (f"; {draining} drain" if draining else "")
