"""Makes or takes back a transfer that the model announced without calling its tool (fault B15)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from livekit.agents import AgentSession
from livekit.agents.voice import SpeechHandle

from agents.monitors.transfer_phrases import Promise, PromiseRule
from agents.session.replies import heard_words, on_reply
from agents.session.voice import SessionVoice

log = logging.getLogger(__name__)


class PhantomTransferMonitor:
    """Checks every reply that was heard to its end."""

    def __init__(
        self,
        session: AgentSession[Any],
        rule: PromiseRule,
        voice: SessionVoice,
        taken_back: str,
        *,
        busy: Callable[[], bool],
        request_handoff: Callable[[str, str], None],
        may_transfer_to: Callable[[str], bool],
    ) -> None:
        """`busy`: the agent must be silent. `request_handoff` gets the target role and an idempotency key."""
        self._rule, self._voice, self._taken_back = rule, voice, taken_back
        self._busy, self._request_handoff, self._may_transfer_to = busy, request_handoff, may_transfer_to
        self._impossible: asyncio.Queue[Promise] = asyncio.Queue()
        on_reply(session, self._on_reply)

    def _on_reply(self, reply: SpeechHandle) -> None:
        if reply.interrupted or self._busy():
            return
        promise = self._rule.promise_in(heard_words(reply))
        if promise is None:
            return
        log.warning("transfer announced without the tool", extra={"target": promise.target})
        if promise.target is not None and self._may_transfer_to(promise.target):
            self._request_handoff(promise.target, reply.id)
        else:
            self._impossible.put_nowait(promise)

    async def take_back_promises(self) -> None:
        """Tell the caller about transfers that cannot be made. Run until cancelled."""
        while True:
            await self._impossible.get()
            if not self._busy():
                await self._voice.speak(self._taken_back)
