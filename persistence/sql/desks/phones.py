"""People who are called by telephone: `persistence.contract.phones`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from persistence.people import Offer
from persistence.phones import DAY_MS, Dial, DialId, DialState, Refer
from persistence.records import CallId
from persistence.sql.connection import Move, Row
from persistence.sql.desks.people import offer_of
from persistence.sql.rows import columns
from persistence.sql.tables import Tables
from persistence.words import word_of

_DIAL, _OFFER = columns(Dial), columns(Offer)

_INSERT = Move(
    "dial",
    _DIAL,
    f"""
INSERT INTO dials (id, entry_id, call_id, role, person, line, shown, dialled_at, moved_at)
SELECT
    :id, queue.id, queue.call_id, queue.role, :person, :line, :shown, :dialled_at, :dialled_at
FROM queue
WHERE
    queue.id = :entry_id AND queue.state IN ('waiting', 'offered')
    AND (SELECT count(*) FROM dials WHERE line = :line AND dialled_at > :since) < :calls
    AND (
        SELECT coalesce(sum(coalesce(ended_at, :dialled_at) - answered_at), 0)
        FROM dials
        WHERE line = :line AND dialled_at > :since
    ) < :talk_ms
ON CONFLICT DO NOTHING
RETURNING {_DIAL}
""",
)

_MOVE = Move(
    "move_dial",
    _DIAL,
    f"""
UPDATE dials
SET state = :state, answered_at = CASE WHEN :state = 'answered' THEN :at END, moved_at = :at
WHERE
    id = :id
    AND (state = 'dialling' OR (state = 'ringing' AND :state = 'answered'))
RETURNING {_DIAL}
""",
)

_TAKE = Move(
    "take_by_phone",
    _OFFER,
    f"""
INSERT INTO offers (id, entry_id, call_id, role, person, offered_at, ends_at, outcome, answered_at)
SELECT
    dials.id, dials.entry_id, dials.call_id, dials.role, dials.person, dials.dialled_at, now_ms() + 60000,
    'accepted', :at
FROM dials
JOIN queue ON queue.id = dials.entry_id
WHERE dials.id = :id AND dials.state = 'answered' AND queue.state IN ('waiting', 'offered')
ON CONFLICT DO NOTHING
RETURNING {_OFFER}
""",
)

_END = Move(
    "end_dial",
    _DIAL,
    f"""
UPDATE dials
SET state = :state, ended_at = :at, gone_at = CASE WHEN :gone = 1 THEN :at END, moved_at = :at
WHERE id = :id AND ended_at IS NULL
RETURNING {_DIAL}
""",
)

_REFER = Move(
    "refer_dial",
    _DIAL,
    f"""
UPDATE dials
SET refer = :refer, moved_at = :at
WHERE
    id = :id
    AND CASE :refer
        WHEN 'asked' THEN refer IS NULL AND state IN ('dialling', 'accepted')
        ELSE refer IS 'asked'
    END
RETURNING {_DIAL}
""",
)

_GONE = Move(
    "dial_gone",
    _DIAL,
    f"""
UPDATE dials
SET gone_at = :at
WHERE id = :id AND ended_at IS NOT NULL AND gone_at IS NULL
RETURNING {_DIAL}
""",
)

_LEFT = f"""
SELECT {_DIAL} FROM dials WHERE gone_at IS NULL AND ended_at < :before ORDER BY ended_at, id
"""

_DIALS = f"SELECT {_DIAL} FROM dials WHERE call_id = :call_id ORDER BY dialled_at, id"


class SqlPhones(Tables):
    """`PhoneStore`."""

    async def dial(self, dial: Dial, *, calls_a_day: int, minutes_a_day: int) -> Dial | None:
        limits = {"calls": calls_a_day, "talk_ms": 60_000 * minutes_a_day, "since": dial.dialled_at - DAY_MS}
        row = await self._writer.changed(_INSERT, {**asdict(dial), **limits})
        return None if row is None else _dial_of(row)

    async def move_dial(self, dial_id: DialId, state: DialState, *, at: int) -> Dial:
        return _dial_of(await self._writer.moved(_MOVE, {"id": dial_id, "state": state, "at": at}))

    async def take_by_phone(self, dial_id: DialId, *, at: int) -> Offer:
        return offer_of(await self._writer.moved(_TAKE, {"id": dial_id, "at": at}))

    async def end_dial(self, dial_id: DialId, state: DialState, *, gone: bool, at: int) -> Dial:
        values = {"id": dial_id, "state": state, "gone": int(gone), "at": at}
        return _dial_of(await self._writer.moved(_END, values))

    async def refer_dial(self, dial_id: DialId, refer: Refer, *, at: int) -> Dial:
        return _dial_of(await self._writer.moved(_REFER, {"id": dial_id, "refer": refer, "at": at}))

    async def dial_gone(self, dial_id: DialId, *, at: int) -> None:
        await self._writer.changed(_GONE, {"id": dial_id, "at": at})

    async def dials_left(self, *, ended_before: int) -> Sequence[Dial]:
        return [_dial_of(row) for row in await self._read(_LEFT, {"before": ended_before})]

    async def dials(self, call_id: CallId) -> Sequence[Dial]:
        return [_dial_of(row) for row in await self._read(_DIALS, {"call_id": call_id})]


def _dial_of(row: Row) -> Dial:
    refer = row["refer"] and word_of(Refer, row["refer"])
    return Dial(**{**dict(row), "state": word_of(DialState, row["state"]), "refer": refer})
