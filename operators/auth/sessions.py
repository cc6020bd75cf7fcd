"""The browsers' sessions: each has its own secret and ends on the server."""

from __future__ import annotations

import secrets
import uuid
from contextlib import suppress
from dataclasses import dataclass

from errors import StoreError
from operators.auth.access import token_hash
from persistence.access import Operator, Session
from persistence.contract.operators import OperatorStore
from settings import AccessSettings
from transfer.ports import Clock

_NOTE_EVERY_MS = 60_000
"""How precisely the store knows when a session was last used, so that not every request needs a write."""


@dataclass(frozen=True, slots=True)
class Sessions:
    """Begins, finds and ends sessions. A session has the current rights of its operator's token."""

    store: OperatorStore
    clock: Clock
    settings: AccessSettings

    async def begin(self, operator: Operator) -> tuple[str, Session]:
        """Begin a session. Return the cookie's secret, which is stored nowhere, and the session."""
        secret, now = f"session_{secrets.token_urlsafe(32)}", self.clock.now_ms()
        session = Session(
            id=uuid.uuid4().hex[:12],
            hash=token_hash(secret),
            token_hash=operator.token_hash,
            name=operator.name,
            made_at=now,
            used_at=now,
        )
        await self.store.begin_session(session)
        return secret, session

    async def find(self, secret: str) -> tuple[Session, Operator | None] | None:
        """Return a cookie's session and its operator (None if it is over). None: there was never one."""
        session = await self.store.session_of(token_hash(secret))
        return None if session is None else (session, await self.owner(session))

    async def owner(self, session: Session) -> Operator | None:
        """Return the session's operator, or None if the session is over."""
        now = self.clock.now_ms()
        if session.ended_at is not None or now >= self.over_at(session):
            return None
        operator = await self.store.operator_of(session.token_hash)
        return operator if operator is not None and not has_expired(operator, now) else None

    def over_at(self, session: Session) -> int:
        """Return when the session expires if it is not used again, ms UTC."""
        idle = session.used_at + round(self.settings.session_idle_s * 1000)
        return min(idle, session.made_at + round(self.settings.session_longest_s * 1000))

    async def used(self, session: Session) -> None:
        """Record the use now and then. A store that cannot write signs nobody out."""
        now = self.clock.now_ms()
        if now - session.used_at >= min(_NOTE_EVERY_MS, self.settings.session_idle_s * 1000 / 4):
            with suppress(StoreError):
                await self.store.use_session(session.id, at=now)

    async def is_open(self, session: Session) -> bool:
        """Whether the session is still open, according to the store."""
        latest = await self.store.session_of(session.hash)
        return latest is not None and await self.owner(latest) is not None

    async def still_open(self) -> list[Session]:
        """Return all open sessions, oldest first."""
        since = self.clock.now_ms() - round(self.settings.session_longest_s * 1000)
        return [one for one in await self.store.sessions(since=since) if await self.owner(one) is not None]

    async def end(self, session: Session, *, by: str) -> bool:
        """End the session. Return False if it had already ended."""
        return await self.store.end_session(session.id, by=by, at=self.clock.now_ms())


def has_expired(operator: Operator, now: int) -> bool:
    return operator.expires_at is not None and now >= operator.expires_at
