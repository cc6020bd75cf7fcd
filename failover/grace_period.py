"""A target that has said yes takes a lost call over by itself: whoever is called in lets it go first."""

from __future__ import annotations

import asyncio
import logging

from errors import StoreError
from persistence.contract.handoffs import HandoffStore
from persistence.records import CallId, HandoffState

log = logging.getLogger(__name__)

HEAD_START_S = 0.6
"""A live target needs 0.1 to 0.3 s to see its holder go and to write itself in; a dead one costs this."""

_LOOK_EVERY_S = 0.05


async def let_target_go_first(store: HandoffStore, call_id: CallId) -> None:
    """Returns when no handoff of this call is accepted any more, after HEAD_START_S at most. Never raises."""
    try:
        async with asyncio.timeout(HEAD_START_S):
            while await store.handoffs(call_id=call_id, state=HandoffState.ACCEPTED, limit=1):  # noqa: ASYNC110
                await asyncio.sleep(_LOOK_EVERY_S)  # another process writes it, and tells nobody
    except TimeoutError:
        log.info("an accepted target did not take over", extra={"call": call_id})
    except StoreError as error:
        log.warning("whether a target takes over was not seen", extra={"error": str(error)})
