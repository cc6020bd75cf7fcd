"""People's presence: that part of `persistence.contract.people`."""

from __future__ import annotations

from collections.abc import Sequence

from persistence.people import DESK_CLOSED, Person, Presence, PresenceState
from persistence.sql.connection import Move, Row
from persistence.sql.rows import columns
from persistence.sql.tables import Tables
from persistence.words import word_of

_PRESENCE = columns(Presence)

_SET_PRESENCE = Move(
    "set_presence",
    _PRESENCE,
    f"""
INSERT INTO presence ({_PRESENCE}, moved_by)
SELECT :person, :state, :reason, :at, now_ms() + :lease_ms, :by
WHERE
    :state <> 'available'
    OR NOT EXISTS (
        SELECT 1
        FROM offers
        JOIN queue ON queue.id = offers.entry_id
        WHERE
            offers.person = :person AND offers.outcome = 'accepted'
            AND (
                offers.ended_at IS NULL
                OR (offers.connected_at IS NOT NULL AND offers.wrapped_up_at IS NULL AND queue.wrap_up = 1)
            )
    )
ON CONFLICT (person) DO UPDATE
SET
    since = CASE
        WHEN presence.state = excluded.state AND presence.reason = excluded.reason THEN presence.since
        ELSE excluded.since
    END,
    state = excluded.state, reason = excluded.reason, lease_until = excluded.lease_until,
    moved_by = excluded.moved_by
RETURNING {_PRESENCE}
""",
)

_BEAT = Move(
    "beat",
    _PRESENCE,
    f"""
UPDATE presence SET lease_until = now_ms() + :lease_ms WHERE person = :person RETURNING {_PRESENCE}
""",
)

_CLOSE_DESK = Move(
    "close_desk",
    "person",
    f"""
UPDATE presence
SET state = 'away', reason = '{DESK_CLOSED}', since = :at, moved_by = 'rule'
WHERE person = :person AND state <> 'away' AND lease_until < now_ms()
RETURNING person
""",
)

_CLOSED_DESKS = "SELECT person FROM presence WHERE state <> 'away' AND lease_until < now_ms() ORDER BY person"

_PRESENCES = f"SELECT {_PRESENCE} FROM presence ORDER BY person"


class SqlPresence(Tables):
    """Presence, a row a person."""

    async def set_presence(
        self, person: Person, state: PresenceState, *, reason: str = "", lease_s: float, by: str, at: int
    ) -> Presence:
        values = {"person": person, "state": state, "reason": reason, "lease_ms": round(1000 * lease_s)}
        return _presence_of(await self._writer.moved(_SET_PRESENCE, {**values, "by": by, "at": at}))

    async def beat(self, person: Person, *, lease_s: float) -> Presence | None:
        values = {"person": person, "lease_ms": round(1000 * lease_s)}
        row = await self._writer.changed(_BEAT, values)
        return None if row is None else _presence_of(row)

    async def close_desks(self, *, at: int) -> None:
        for row in await self._read(_CLOSED_DESKS, {}):
            await self._writer.changed(_CLOSE_DESK, {"person": row["person"], "at": at})

    async def presences(self) -> Sequence[Presence]:
        return [_presence_of(row) for row in await self._read(_PRESENCES, {})]


def _presence_of(row: Row) -> Presence:
    return Presence(**{**dict(row), "state": word_of(PresenceState, row["state"])})
