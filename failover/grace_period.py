"""The grace period of an accepted target: a replacement waits for it before it claims a lost call.

If the holder dies after its target accepted, the target takes the call over without help.
"""

from __future__ import annotations

import asyncio
import logging

from errors import StoreError
from persistence.contract.handoffs import HandoffStore
from persistence.records import CallId, HandoffState

log = logging.getLogger(__name__)

GRACE_PERIOD_S = 0.6
"""A live target needs 0.1 to 0.3 s to notice that its holder is gone and to record itself as the holder.

If the target is dead as well, recovery takes this much longer.
"""

_POLL_EVERY_S = 0.05


async def await_accepted_target(store: HandoffStore, call_id: CallId) -> None:
    """Return once no handoff of this call is `accepted`, or after GRACE_PERIOD_S. Never raises."""
    try:
        async with asyncio.timeout(GRACE_PERIOD_S):
            while await store.handoffs(call_id=call_id, state=HandoffState.ACCEPTED, limit=1):  # noqa: ASYNC110
                await asyncio.sleep(_POLL_EVERY_S)  # another process writes the row, and sends no event
    except TimeoutError:
        log.info("accepted target did not take over", extra={"call": call_id})
    except StoreError as error:
        log.warning("accepted handoffs not read", extra={"call": call_id, "error": str(error)})
