"""Serves a second person, as the rows say: from the ringing until one of the two people leaves."""

from __future__ import annotations

import asyncio
import logging
from functools import partial

from livekit import rtc

from agents.call.active_call import ActiveCall
from agents.call.person.lost import CUT_OFF, is_away, move_talk, until_lost
from agents.call.person.redacting import redact_for_all
from agents.call.person.view import brief_of, hearing_of
from agents.people.own_room import PersonsRoom
from agents.people.ringing import NOBODY_IN_TIME, nobody_left
from agents.people.second_talk import SecondTalk
from agents.people.talk import PersonTalk
from agents.process.process_context import server_api
from errors import LineFailed, StaleHandoff, StoreError
from persistence.people import EntryId, EntryState, Offer, OfferId, QueueEntry
from persistence.records import RULE
from tasks import BackgroundTasks
from transfer.desk_protocol import DeskOther, room_of
from transfer.protocol import is_agents

log = logging.getLogger(__name__)

_LOOK_EVERY_S = 0.25
_COMES_LIMIT_S = 10.0
"""How long to wait for the person's page: it joins right after its person has accepted."""
_NOT_COME = "their page did not come"
_NOT_JOINED = "they did not join"
_FAULT = "there is a fault on our side"
HAS_LEFT = "they have left"


class SecondPerson:
    """Serves one person's talk. The rows decide, so this agent's replacement reaches the same state."""

    def __init__(self, call: ActiveCall, talk: PersonTalk) -> None:
        self._call, self._talk = call, talk
        self.left = asyncio.Event()
        """Set once the person has left the caller to the second person."""
        self.shown: DeskOther | None = None
        """The second person, asked or present, as the person's page shows them."""
        self._entry: EntryId | None = None
        self._offer: OfferId | None = None
        self._why = ""
        self._tasks = BackgroundTasks()

    async def follow(self) -> None:
        """Do what the rows say, until cancelled. This does not end the part of a second person."""
        try:
            while not self.left.is_set():
                try:
                    await self._look()
                except StoreError as error:
                    log.warning("a second person's row was not read", extra={"error": type(error).__name__})
                await asyncio.sleep(_LOOK_EVERY_S)
        finally:
            await self._tasks.cancel()

    @property
    def _there(self) -> bool:
        return self._call.second is not None and self._call.second.connected

    async def _look(self) -> None:
        store, own = self._call.store, self._talk.offer.id
        row = await store.offer(own)
        if row is not None and row.ended_at is not None:
            if self._there:
                self.left.set()
            return
        asked = [one for one in await store.asked_in(self._call.row.id) if one.asked_by == own]
        if not asked:
            return
        entry = asked[-1]
        if entry.is_open:
            self._entry, self._why = entry.id, ""
            await self._ring(entry)
        elif entry.state is EntryState.TAKEN and entry.offer_id is not None:
            self._entry = entry.id
            await self._take(entry, entry.offer_id)
        elif entry.id == self._entry:
            await self._over(entry)

    async def _ring(self, entry: QueueEntry) -> None:
        """Let the entry ring by the queue's rule, until nobody is left who could accept it."""
        self.shown = self._other(entry, "asked")
        why = await nobody_left(self._call.store, entry)
        if why is not None:
            self._why = why
            at = self._call.process.clock.now_ms()
            await self._call.store.leave_queue(entry.id, EntryState.ABANDONED, by=RULE, at=at)

    async def _take(self, entry: QueueEntry, offer_id: OfferId) -> None:
        if offer_id == self._offer:
            second = self._call.second
            state = "reads" if second is None or not second.connected else "here"
            lost = second is not None and state == "here" and second.talk.room.away.is_set()
            self.shown = self._other(entry, "lost" if lost else state)
            return
        offer = await self._call.store.offer(offer_id)
        if offer is not None:
            self._offer = offer_id
            self._tasks.start(self._bring(entry, offer), name="a second person comes")

    async def _over(self, entry: QueueEntry) -> None:
        """Clear up after a second person who declined, did not come, or has left."""
        late = NOBODY_IN_TIME if entry.state is EntryState.OVERFLOWED else ""
        was_there, self._entry, self._offer = self._there, None, None
        await self._tasks.cancel()
        if self._call.second is not None:
            second, self._call.second = self._call.second, None
            await second.end("the talk goes on without you")
            redact_for_all(self._call)
        self.shown = self._other(entry, "gone", why=self._why or late or (HAS_LEFT if was_there else ""))

    async def _bring(self, entry: QueueEntry, offer: Offer) -> None:
        """Brief the second person and let them join. `_look` ends this when a row says so."""
        call = self._call
        own_room = PersonsRoom(call.process.settings.livekit, offer.id, call.ctx.job.id)
        talk = PersonTalk(
            offer,
            own_room,
            call.ctx.room,
            call.row.caller,
            back_to=self._talk.back_to,
            words=partial(hearing_of, call, offer.role),
        )
        talk.apart = lambda: call.apart
        call.second = second = SecondTalk(talk)
        redact_for_all(call)  # the second person reads what is said from now on
        try:
            await own_room.join()
            await self._alone_in(own_room, offer)
            await talk.publish()
        except (LineFailed, rtc.participant.PublishTrackError) as error:
            log.warning("a second person's room was not joined", extra={"error": type(error).__name__})
            self._end(offer, _FAULT)
            return
        talk.start()
        self._show(talk, entry)
        if offer.connected_at is None and not await self._joins(talk, entry, offer):
            return
        await second.connect(self._talk)
        await until_lost(call, talk, lost=_nothing, found=_nothing)
        is_away(call, talk)
        self._end(offer, CUT_OFF)

    async def _alone_in(self, own_room: PersonsRoom, offer: Offer) -> None:
        """Remove other agents: livekit-server would show the page a killed one for 20 s more."""
        for identity in filter(is_agents, list(own_room.room.remote_participants)):
            await server_api(self._call.ctx).remove_participant(room_of(offer.id), identity)

    async def _joins(self, talk: PersonTalk, entry: QueueEntry, offer: Offer) -> bool:
        """Whether the second person wants to join, and the row records it."""
        if not await talk.room.comes_within(_COMES_LIMIT_S):
            self._end(offer, _NOT_COME)
            return False
        act = None
        try:
            async with asyncio.timeout(self._call.process.settings.handoff.person_brief_limit_s):
                act = await talk.decision(self._call.session.tts, entry.asked_for)
        except TimeoutError:
            log.info("a second person did not join in time", extra={"call": self._call.row.id})
        if act is None or act.act != "put_through":
            self._end(offer, act.reason if act else _NOT_JOINED)
            return False
        try:
            await self._call.store.connect_talk(offer.id, at=self._call.process.clock.now_ms())
        except StaleHandoff:
            return False  # the first person no longer asks for them
        except StoreError:
            self._end(offer, _FAULT)
            return False
        return True

    def _end(self, offer: Offer, why: str) -> None:
        self._why = why
        move_talk(self._call, partial(self._call.store.end_talk, offer.id))

    def _show(self, talk: PersonTalk, entry: QueueEntry) -> None:
        call = self._call
        said = [turn for turn in call.turns.turns if not turn.nod]
        roster = call.process.roster
        talk.show(
            brief_of(
                roster,
                reason=entry.asked_for,
                summary=None,
                facts=call.facts,
                turns=said,
                back_to=call.current_role.id,
            )
        )

    def _other(self, entry: QueueEntry, state: str, *, why: str = "") -> DeskOther:
        roles = self._call.process.roster.roles
        role = roles[entry.role].name if entry.role in roles else entry.role
        name = entry.person or (entry.people[0] if len(entry.people) == 1 else "")
        return DeskOther(name=name, role=role, state=state, why=why)


async def _nothing() -> None:
    """Play nothing: the caller hears the first person meanwhile."""
