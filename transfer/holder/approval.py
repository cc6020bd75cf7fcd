"""Between a target's yes and its introduction: an operator may have to let it take over."""

from __future__ import annotations

import asyncio
from typing import Any

from persistence.records import Completes, Handoff, HandoffState
from settings import HandoffSettings
from transfer.holder.operator_changes import OperatorChanges
from transfer.holder.outcome import NotReached
from transfer.holder.pausable_timeout import Limit


class Approval:
    """Of one attempt. Where the handoff completes by itself, there is nothing to wait for."""

    def __init__(
        self, row: Handoff, orders: OperatorChanges, limit: Limit, settings: HandoffSettings
    ) -> None:
        """`limit` is the whole handoff's: it stands still meanwhile."""
        self._needed = row.completes is Completes.OPERATOR
        self._orders = orders
        self._limit = limit
        self._limit_s = settings.approval_limit_s

    async def wait(self, gone: asyncio.Task[None]) -> None:
        """Returns when it is given. Raises: NotReached (it does not come in time, or the target leaves)."""
        if not self._needed:
            return
        self._orders.look()  # it may be there already
        approved = asyncio.create_task(self._orders.approved(), name="approval")
        either: set[asyncio.Future[Any]] = {approved, gone}
        try:
            with self._limit.standing_still():
                await asyncio.wait(either, timeout=self._limit_s, return_when=asyncio.FIRST_COMPLETED)
            if gone.done():
                raise NotReached(HandoffState.FAILED, "left while it waited for approval")
            if not approved.done():
                raise NotReached(HandoffState.FAILED, f"nobody approved it within {self._limit_s:g} s")
        finally:
            approved.cancel()
