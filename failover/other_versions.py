"""Whether this worker's agents and other workers' understand each other; checked before it takes calls."""

from __future__ import annotations

from errors import OutOfReach, StoreError
from persistence.contract.workers import WorkerStore
from transfer.protocol import VERSION


async def check_other_versions(store: WorkerStore) -> None:
    """Any worker that lives may get a handoff of ours, or give us one, also while it drains.

    Raises: OutOfReach, naming one that speaks another version: it may end.
    """
    try:
        workers = await store.living_workers()
    except StoreError as error:
        raise OutOfReach("BATON_STORE", str(error), "see that it answers") from error
    for worker in workers:
        if worker.protocol != VERSION:
            wrong = (
                f"worker {worker.id} on {worker.host} speaks version {worker.protocol} of the handoffs' "
                f"protocol, this one version {VERSION}: their agents would not understand each other"
            )
            right = "drain that worker first (SIGTERM): this one takes calls as soon as it has ended"
            raise OutOfReach("BATON_STORE", wrong, right)
