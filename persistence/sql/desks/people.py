"""What happens to a queue's entries at people's desks: `persistence.contract.people`."""

from __future__ import annotations

from collections.abc import Sequence

from persistence.people import (
    DECLINED_FOR_MS,
    EntryId,
    Help,
    Offer,
    OfferId,
    OfferOutcome,
    Person,
    Talks,
)
from persistence.records import CallId
from persistence.sql.connection import Move, Row
from persistence.sql.desks.presence import SqlPresence
from persistence.sql.desks.queue import SqlQueue, may_take
from persistence.sql.rows import columns
from persistence.words import word_of

_OFFER = columns(Offer)

_MAKE_OFFER = Move(
    "make_offer",
    _OFFER,
    f"""
INSERT INTO offers (id, entry_id, call_id, role, person, offered_at, ends_at)
SELECT :id, entry.id, entry.call_id, entry.role, :person, :at, now_ms() + entry.rings_ms
FROM queue AS entry
WHERE
    entry.id = :entry_id AND {may_take("entry")}
    AND EXISTS (
        SELECT 1 FROM presence WHERE person = :person AND state = 'available' AND lease_until >= now_ms()
    )
    AND NOT EXISTS (SELECT 1 FROM offers WHERE person = :person AND outcome IS NULL)
    AND NOT EXISTS (
        SELECT 1
        FROM queue AS older
        WHERE
            (-older.priority, older.started_at, older.id) < (-entry.priority, entry.started_at, entry.id)
            AND {may_take("older")}
    )
ON CONFLICT DO NOTHING
RETURNING {_OFFER}
""",
)

_ACCEPT = Move(
    "accept_offer",
    _OFFER,
    f"""
UPDATE offers
SET outcome = 'accepted', answered_at = :at, ends_at = now_ms() + :connect_ms
WHERE
    id = :id AND person = :person AND outcome IS NULL AND ends_at > now_ms()
    AND EXISTS (SELECT 1 FROM queue WHERE queue.id = offers.entry_id AND queue.state = 'offered')
    AND EXISTS (SELECT 1 FROM presence WHERE person = :person AND state = 'available')
RETURNING {_OFFER}
""",
)

_DECLINE = Move(
    "decline_offer",
    _OFFER,
    f"""
UPDATE offers
SET outcome = 'declined', reason = :reason, answered_at = :at
WHERE id = :id AND person = :person AND outcome IS NULL
RETURNING {_OFFER}
""",
)

_MISS = Move(
    "miss_offer",
    _OFFER,
    f"""
UPDATE offers
SET outcome = 'missed', answered_at = :at
WHERE id = :id AND outcome IS NULL AND ends_at <= now_ms()
RETURNING {_OFFER}
""",
)

_WITHDRAW = Move(
    "withdraw_offer",
    _OFFER,
    f"""
UPDATE offers
SET outcome = 'withdrawn', reason = :reason, answered_at = :at
WHERE id = :id AND outcome IS NULL
RETURNING {_OFFER}
""",
)

_CONNECT = Move(
    "connect_talk",
    _OFFER,
    f"""
UPDATE offers
SET connected_at = coalesce(connected_at, :at)
WHERE id = :id AND outcome = 'accepted' AND ended_at IS NULL
RETURNING {_OFFER}
""",
)

_RETURN = Move(
    "return_caller",
    _OFFER,
    f"""
UPDATE offers
SET ended_at = :at, returned = 1, reason = :reason
WHERE
    id = :id AND outcome = 'accepted' AND ended_at IS NULL
    AND (:lapsed = 0 OR (connected_at IS NULL AND ends_at <= now_ms()))
RETURNING {_OFFER}
""",
)

_END_TALK = Move(
    "end_talk",
    _OFFER,
    f"""
UPDATE offers
SET ended_at = :at
WHERE id = :id AND outcome = 'accepted' AND ended_at IS NULL
RETURNING {_OFFER}
""",
)

_LEAVE_TALK = Move(
    "leave_talk",
    _OFFER,
    f"""
UPDATE offers
SET ended_at = :at
WHERE
    id = :id AND person = :person AND connected_at IS NOT NULL AND ended_at IS NULL
    AND EXISTS (
        SELECT 1
        FROM offers AS other
        WHERE
            other.call_id = offers.call_id AND other.id <> offers.id AND other.connected_at IS NOT NULL
            AND other.ended_at IS NULL AND (other.lost_at IS NULL OR other.back_at IS NOT NULL)
    )
RETURNING {_OFFER}
""",
)

_WRAP_UP = Move(
    "wrap_up",
    _OFFER,
    f"""
UPDATE offers
SET wrapped_up_at = :at, code = :code, note = :note
WHERE id = :id AND person = :person AND ended_at IS NOT NULL AND wrapped_up_at IS NULL
RETURNING {_OFFER}
""",
)

_KEEP_NOTE = Move(
    "keep_note",
    _OFFER,
    f"""
UPDATE offers
SET note = :note
WHERE id = :id AND person = :person AND connected_at IS NOT NULL AND wrapped_up_at IS NULL
RETURNING {_OFFER}
""",
)

_MOVE_HELP = Move(
    "move_help",
    _OFFER,
    f"""
UPDATE offers
SET help = :help, help_by = :by, help_at = :at
WHERE
    id = :id AND person = :by AND connected_at IS NOT NULL AND ended_at IS NULL
    AND (coalesce(help, '') = 'asked') = (:help = 'withdrawn')
RETURNING {_OFFER}
""",
)

_LOSE_PERSON = Move(
    "lose_person",
    _OFFER,
    f"""
UPDATE offers
SET lost_at = :at, back_at = NULL
WHERE id = :id AND connected_at IS NOT NULL AND ended_at IS NULL AND (lost_at IS NULL OR back_at IS NOT NULL)
RETURNING {_OFFER}
""",
)

_FIND_PERSON = Move(
    "find_person",
    _OFFER,
    f"""
UPDATE offers
SET back_at = :at
WHERE id = :id AND ended_at IS NULL AND lost_at IS NOT NULL AND back_at IS NULL
RETURNING {_OFFER}
""",
)

_OFFER_BY_ID = f"SELECT {_OFFER} FROM offers WHERE id = :id"

_OFFERS_WHERE = {
    "entry_id": "entry_id = :entry_id",
    "call_id": "call_id = :call_id",
    "person": "person = :person",
    "ringing": "outcome IS NULL",
    "open_only": """(
        outcome IS NULL
        OR (outcome = 'accepted' AND ended_at IS NULL)
        OR (connected_at IS NOT NULL AND wrapped_up_at IS NULL)
    )""",
    "wants_help": "(help = 'asked' AND ended_at IS NULL)",
    "since": "(offered_at >= :since OR answered_at >= :since)",
}

_TALKS = """
SELECT
    person, role,
    count(*) AS offers,
    sum(CASE WHEN connected_at IS NOT NULL THEN 1 ELSE 0 END) AS talks,
    sum(CASE WHEN outcome = 'missed' THEN 1 ELSE 0 END) AS missed,
    sum(CASE WHEN outcome = 'declined' THEN 1 ELSE 0 END) AS declined,
    sum(CASE WHEN EXISTS (
        SELECT 1
        FROM handoffs
        WHERE
            handoffs.call_id = offers.call_id
            AND handoffs.requested_by = offers.person AND handoffs.state = 'completed'
            AND handoffs.requested_at >= offers.connected_at
            AND (offers.ended_at IS NULL OR handoffs.requested_at <= offers.ended_at)
    ) THEN 1 ELSE 0 END) AS transfers,
    coalesce(sum(ended_at - connected_at), 0) AS talk_ms,
    coalesce(sum(wrapped_up_at - ended_at), 0) AS wrap_up_ms
FROM offers
WHERE offered_at >= :since AND offered_at < :until
GROUP BY person, role
ORDER BY person, role
"""


class SqlPeople(SqlPresence, SqlQueue):
    """`PeopleStore`."""

    async def make_offer(
        self, offer_id: OfferId, entry_id: EntryId, person: Person, *, at: int
    ) -> Offer | None:
        values = {"id": offer_id, "entry_id": entry_id, "person": person, "at": at}
        more = {"listed": f"\n{person}\n", "declined_since": at - DECLINED_FOR_MS}
        return _offer_or_none(await self._writer.changed(_MAKE_OFFER, {**values, **more}))

    async def accept_offer(
        self, offer_id: OfferId, person: Person, *, connect_within_s: float, at: int
    ) -> Offer:
        values = {"id": offer_id, "person": person, "connect_ms": round(1000 * connect_within_s), "at": at}
        return offer_of(await self._writer.moved(_ACCEPT, values))

    async def decline_offer(self, offer_id: OfferId, person: Person, *, reason: str, at: int) -> Offer:
        values = {"id": offer_id, "person": person, "reason": reason, "at": at}
        return offer_of(await self._writer.moved(_DECLINE, values))

    async def miss_offer(self, offer_id: OfferId, *, at: int) -> Offer | None:
        return _offer_or_none(await self._writer.changed(_MISS, {"id": offer_id, "at": at}))

    async def withdraw_offer(self, offer_id: OfferId, *, reason: str, at: int) -> Offer | None:
        values = {"id": offer_id, "reason": reason, "at": at}
        return _offer_or_none(await self._writer.changed(_WITHDRAW, values))

    async def connect_talk(self, offer_id: OfferId, *, at: int) -> Offer:
        return offer_of(await self._writer.moved(_CONNECT, {"id": offer_id, "at": at}))

    async def return_caller(self, offer_id: OfferId, *, reason: str, at: int, lapsed: bool = False) -> Offer:
        values = {"id": offer_id, "reason": reason, "at": at, "lapsed": int(lapsed)}
        return offer_of(await self._writer.moved(_RETURN, values))

    async def end_talk(self, offer_id: OfferId, *, at: int) -> Offer:
        return offer_of(await self._writer.moved(_END_TALK, {"id": offer_id, "at": at}))

    async def leave_talk(self, offer_id: OfferId, person: Person, *, at: int) -> Offer:
        return offer_of(await self._writer.moved(_LEAVE_TALK, {"id": offer_id, "person": person, "at": at}))

    async def wrap_up(self, offer_id: OfferId, person: Person, *, code: str, note: str, at: int) -> Offer:
        values = {"id": offer_id, "person": person, "code": code, "note": note, "at": at}
        return offer_of(await self._writer.moved(_WRAP_UP, values))

    async def keep_note(self, offer_id: OfferId, person: Person, note: str) -> Offer:
        return offer_of(
            await self._writer.moved(_KEEP_NOTE, {"id": offer_id, "person": person, "note": note})
        )

    async def move_help(self, offer_id: OfferId, person: Person, help_: Help, *, at: int) -> Offer:
        values = {"id": offer_id, "by": person, "help": help_, "at": at}
        return offer_of(await self._writer.moved(_MOVE_HELP, values))

    async def lose_person(self, offer_id: OfferId, *, at: int) -> Offer:
        return offer_of(await self._writer.moved(_LOSE_PERSON, {"id": offer_id, "at": at}))

    async def find_person(self, offer_id: OfferId, *, at: int) -> Offer:
        return offer_of(await self._writer.moved(_FIND_PERSON, {"id": offer_id, "at": at}))

    async def offer(self, offer_id: OfferId) -> Offer | None:
        return next(map(offer_of, await self._read(_OFFER_BY_ID, {"id": offer_id})), None)

    async def offers(
        self,
        *,
        entry_id: EntryId | None = None,
        call_id: CallId | None = None,
        person: Person | None = None,
        ringing: bool = False,
        open_only: bool = False,
        wants_help: bool = False,
        since: int = 0,
    ) -> Sequence[Offer]:
        wanted = {"entry_id": entry_id, "call_id": call_id, "person": person, "since": since or None}
        wanted |= {"ringing": ringing or None, "open_only": open_only or None}
        wanted |= {"wants_help": wants_help or None}
        given = {name: value for name, value in wanted.items() if value is not None}
        conditions = " AND ".join(_OFFERS_WHERE[name] for name in given) or "TRUE"
        statement = f"SELECT {_OFFER} FROM offers WHERE {conditions} ORDER BY offered_at, id"
        return [offer_of(row) for row in await self._read(statement, given)]

    async def talks(self, *, since: int, until: int) -> Sequence[Talks]:
        return [Talks(**dict(row)) for row in await self._read(_TALKS, {"since": since, "until": until})]


def offer_of(row: Row) -> Offer:
    outcome = None if row["outcome"] is None else word_of(OfferOutcome, row["outcome"])
    asked = None if row["help"] is None else word_of(Help, row["help"])
    return Offer(**{**dict(row), "outcome": outcome, "returned": bool(row["returned"]), "help": asked})


def _offer_or_none(row: Row | None) -> Offer | None:
    return None if row is None else offer_of(row)
