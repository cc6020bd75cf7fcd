"""The queue under events in any order: by hypothesis, over the rows of a real store.

More examples: pytest tests/unit/people --hypothesis-profile at-length
"""

from __future__ import annotations

from dataclasses import replace

import hypothesis
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from errors import StaleHandoff
from persistence.people import (
    DECLINED_FOR_MS,
    NOT_YET,
    EntryId,
    EntryState,
    Offer,
    OfferId,
    OfferOutcome,
    Person,
    PresenceState,
    QueueEntry,
)
from persistence.records import Call, CallEnd, CallId, JobId, WorkerId
from tests.unit.people.floor import DESK, PEOPLE, RINGS_MS, START, Floor

DEFAULT = hypothesis.settings.default
EXAMPLES = max(200, DEFAULT.max_examples if DEFAULT else 0)
LEASE_S = 45.0
LONGEST_WAIT_MS = 120_000
TERMINAL = set(EntryState) - {EntryState.WAITING, EntryState.OFFERED, EntryState.TAKEN}

people = st.sampled_from(PEOPLE)


class QueueMachine(RuleBasedStateMachine):
    """Callers, three people, and processes that serve the queue and are killed."""

    def __init__(self) -> None:
        super().__init__()
        self.floor = Floor()
        self.store, self.clock = self.floor.store, self.floor.clock
        self.calls = self.call_backs = self.answered = 0

    # Rules: what happens.

    @rule(
        able=st.sets(people, min_size=1),
        priority=st.sampled_from((0, 0, 0, 1)),
        earlier_s=st.sampled_from((0, 0, 0, 50)),
        overflows=st.booleans(),
    )
    def a_caller_comes(self, able: set[Person], priority: int, earlier_s: int, overflows: bool) -> None:
        self.calls += 1
        self.floor.calls(
            self.calls,
            people=sorted(able),
            started_at=self.clock.now - 1000 * earlier_s,
            priority=priority,
            overflows_at=self.clock.now + LONGEST_WAIT_MS if overflows else None,
            overflow_to="call back" if priority else "message",
            wrap_up=bool(earlier_s),
        )

    @precondition(lambda self: self.calls)
    @rule(data=st.data())
    def a_caller_hangs_up(self, data: st.DataObject) -> None:
        self._hangs_up(CallId(f"call-{data.draw(st.integers(1, self.calls))}"))

    @rule(
        person=people,
        state=st.sampled_from((PresenceState.AVAILABLE, PresenceState.AVAILABLE, PresenceState.AWAY)),
    )
    def a_person_says_where_they_are(self, person: Person, state: PresenceState) -> None:
        self._is(person, state)

    @rule(person=people)
    def a_desk_beats(self, person: Person) -> None:
        self.floor.run(self.store.beat(person, lease_s=LEASE_S))

    @rule(seconds=st.sampled_from((1, 5, 19, 21, 61)))
    def time_passes(self, seconds: int) -> None:
        self.clock.now += 1000 * seconds

    @rule(moves=st.sampled_from((None, None, 0, 1, 2, 3)))
    def a_process_serves_the_queue(self, moves: int | None) -> None:
        self.floor.serve(moves=moves)

    @precondition(lambda self: self._ringing())
    @rule(data=st.data())
    def a_person_accepts(self, data: st.DataObject) -> None:
        offer = data.draw(st.sampled_from(self._ringing()))
        waited_for = self._overtaken_by(offer)
        if self.floor.accepts(offer):
            assert not waited_for, "an older caller was overtaken"

    @precondition(lambda self: self._ringing())
    @rule(data=st.data())
    def everybody_accepts_at_once(self, data: st.DataObject) -> None:
        entry_id = data.draw(st.sampled_from(self._ringing())).entry_id
        offers = [offer for offer in self._ringing() if offer.entry_id == entry_id]
        assert sum(self.floor.accepts(offer) for offer in offers) <= 1

    @precondition(lambda self: self._ringing())
    @rule(data=st.data())
    def a_person_declines(self, data: st.DataObject) -> None:
        offer = data.draw(st.sampled_from(self._ringing()))
        self.floor.run(self.store.decline_offer(offer.id, offer.person, reason="lunch", at=self.clock.now))

    @precondition(lambda self: self._talks())
    @rule(data=st.data(), what=st.sampled_from(("connect", "end", "give back", "answered")))
    def a_talk_goes_on(self, data: st.DataObject, what: str) -> None:
        self._talk(data.draw(st.sampled_from(self._talks())), what)

    @precondition(lambda self: self._unwritten())
    @rule(data=st.data())
    def a_person_wraps_up(self, data: st.DataObject) -> None:
        offer = data.draw(st.sampled_from(self._unwritten()))
        self.floor.run(self.store.wrap_up(offer.id, offer.person, code="x", note="", at=self.clock.now))

    @precondition(lambda self: self._queue())
    @rule(data=st.data())
    def a_call_back_is_promised(self, data: st.DataObject) -> None:
        """A caller whom nobody has taken leaves the queue, and keeps their place for a call back."""
        entry = data.draw(st.sampled_from(self._queue()))
        now = self.clock.now
        leave = self.store.leave_queue
        self.floor.run(leave(entry.id, EntryState.OVERFLOWED, by="rule", at=now))
        self.call_backs += 1
        back = replace(
            entry,
            id=EntryId(f"back-{self.call_backs:03}"),
            call_back=True,
            not_before=NOT_YET,
            link_hash=f"hash {self.call_backs}",
            overflows_at=None,
            moved_at=now,
            state=EntryState.WAITING,
        )
        if self._is_open(entry.call_id):
            self.floor.run(self.store.enter_queue(back))

    # Invariants: what always holds.

    @invariant()
    def nobody_has_two_and_no_caller_has_two(self) -> None:
        talks = self._talks()
        assert len({offer.person for offer in talks}) == len(talks)
        assert len({offer.entry_id for offer in talks}) == len(talks)

    @invariant()
    def who_rings_and_who_is_taken_agree_with_the_desks(self) -> None:
        ringing = {offer.entry_id for offer in self._ringing()}
        talked = {offer.entry_id: offer.id for offer in self._talks()}
        for entry in self._entries():
            assert (entry.state is EntryState.OFFERED) == (entry.id in ringing)
            assert (entry.state is EntryState.TAKEN) == (entry.id in talked)
            if entry.state is EntryState.TAKEN:
                assert entry.offer_id == talked[entry.id]

    def teardown(self) -> None:
        """Check that nobody is forgotten: if people are there and a process serves the queue, all waits end.

        Callers who were promised a call back hang up then.

        Offers that rang or were to be connected when all processes died are left alone: nobody tidies up.
        """
        left_behind = {offer.id for offer in (*self._ringing(), *self._talks()) if offer.connected_at is None}
        try:
            for _ in range(4 + 6 * (self.calls + 1)):
                if all(entry.state in TERMINAL for entry in self._entries()):
                    return
                self._one_quiet_minute(left_behind)
            raise AssertionError(f"forgotten: {[e for e in self._entries() if e.state not in TERMINAL]}")
        finally:
            self.floor.close()

    def _one_quiet_minute(self, left_behind: set[OfferId]) -> None:
        for entry in self._entries():
            if entry.call_back and self._is_open(entry.call_id):
                self._hangs_up(entry.call_id)
        for offer in (offer for offer in self._talks() if offer.id not in left_behind):
            self._talk(offer, "answered")
            self._talk(offer, "connect")
            self._talk(offer, "end")
        for offer in self._unwritten():
            self.floor.run(self.store.wrap_up(offer.id, offer.person, code="x", note="", at=self.clock.now))
        for person in PEOPLE:
            self._is(person, PresenceState.AVAILABLE, lease_s=600)
        self.floor.serve()
        for offer in (offer for offer in self._ringing() if offer.id not in left_behind):
            self.floor.accepts(offer)
        self.clock.now += DECLINED_FOR_MS + 1

    # Helpers.

    def _is(self, person: Person, state: PresenceState, *, lease_s: float = LEASE_S) -> None:
        move = self.store.set_presence
        self.floor.tries(
            lambda: move(person, state, lease_s=lease_s, by=person, at=self.clock.now), StaleHandoff
        )

    def _talk(self, offer: Offer, what: str) -> None:
        now, store = self.clock.now, self.store
        moves = {
            "connect": lambda: store.connect_talk(offer.id, at=now),
            "end": lambda: store.end_talk(offer.id, at=now),
            "give back": lambda: store.return_caller(offer.id, reason="their browser went", at=now),
            "answered": lambda: self._answers(offer),
        }
        self.floor.tries(moves[what], StaleHandoff)

    async def _answers(self, offer: Offer) -> None:
        """Have the caller who is called back answer, in a call of their own."""
        entry = await self.store.entry(offer.entry_id)
        if entry is not None and entry.call_back:
            self.answered += 1
            number = f"back-{self.answered}"
            call = Call(
                CallId(f"call-{number}"), number, "caller", DESK, JobId(f"job-{number}"), WorkerId("w"),
                self.clock.now,
            )  # fmt: skip
            await self.store.open_call(call)
            await self.store.answer_call_back(offer.id, call.id, by=call.holder_job, at=self.clock.now)

    def _hangs_up(self, call: CallId) -> None:
        job = JobId(f"job-{call.removeprefix('call-')}")
        self.floor.run(self.store.end_call(call, CallEnd.CALLER_LEFT, job=job, at=self.clock.now))

    def _is_open(self, call: CallId) -> bool:
        row = self.floor.run(self.store.call(call))
        return row is not None and row.ended_at is None

    def _entries(self) -> list[QueueEntry]:
        ids = [EntryId(f"entry-{number:03}") for number in range(1, self.calls + 1)]
        ids += [EntryId(f"back-{number:03}") for number in range(1, self.call_backs + 1)]
        return [entry for one in ids if (entry := self.floor.run(self.store.entry(one))) is not None]

    def _queue(self) -> list[QueueEntry]:
        return list(self.floor.run(self.store.queue()))

    def _ringing(self) -> list[Offer]:
        return list(self.floor.run(self.store.offers(ringing=True)))

    def _talks(self) -> list[Offer]:
        return [offer for offer in self.floor.run(self.store.offers(open_only=True)) if offer.is_talk]

    def _unwritten(self) -> list[Offer]:
        return [offer for offer in self.floor.run(self.store.offers(open_only=True)) if offer.wants_wrap_up]

    def _overtaken_by(self, offer: Offer) -> list[QueueEntry]:
        """Return older callers of the same priority who could have been taken when this offer rang."""
        taken = self.floor.run(self.store.entry(offer.entry_id))
        declined = {
            one.entry_id
            for one in self.floor.run(self.store.offers(person=offer.person))
            if one.outcome is OfferOutcome.DECLINED
        }
        return [
            entry
            for entry in self._queue()
            if entry.priority == taken.priority
            and (entry.started_at, entry.id) < (taken.started_at, taken.id)
            and entry.moved_at < offer.offered_at
            and entry.not_before <= offer.offered_at
            and offer.person in entry.people
            and entry.id not in declined
        ]


def test_in_any_order_nobody_is_overtaken_forgotten_or_taken_twice() -> None:
    run_state_machine_as_test(
        QueueMachine,
        settings=hypothesis.settings(max_examples=EXAMPLES, stateful_step_count=25, deadline=None),
    )


def test_an_older_caller_is_first_even_if_only_one_person_may_take_them() -> None:
    floor = Floor()
    floor.run(floor.store.set_presence(PEOPLE[0], PresenceState.AVAILABLE, lease_s=60, by="Anna", at=START))
    older, younger = floor.calls(1, people=PEOPLE[:1]), floor.calls(2)
    assert floor.serve() == 1
    (offer,) = floor.run(floor.store.offers(ringing=True))
    assert offer.entry_id == older.id
    floor.clock.now += RINGS_MS
    floor.serve()
    waiting = [entry.id for entry in floor.run(floor.store.queue())]
    assert waiting == [older.id, younger.id]
    floor.close()
