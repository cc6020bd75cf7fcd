"""A second person in a talk, over a real store's rows and in virtual time; rooms and voices are fakes."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest

from agents.call.active_call import ActiveCall
from agents.call.person.lost import CUT_OFF
from agents.call.person.redacting import redact_for_all
from agents.call.person_holder import GONE, LEFT, end_person, serve_person
from agents.people.ringing import NOBODY_IN_TIME, NOBODY_THERE
from persistence.people import EntryState, PresenceState
from persistence.records import Turn
from tests.unit.agents.call.person.second_floor import (
    ASKED_FOR,
    BEN,
    BILLS,
    CALL,
    MIA,
    RINGS_MS,
    ROLE,
    FakeRoom,
    open_floor,
)
from tests.unit.agents.call.test_person_holder import FRONT
from transfer.desk_protocol import DeskAct, DeskOther, DeskSituation, DeskWords

pytestmark = pytest.mark.looptime

CARD, MAIL = "4111 1111 1111 1111", "jane@example.com"
SAID = f"{CARD}, {MAIL}"
NO_CARD, NO_MAIL = f"[card number ending 1111], {MAIL}", f"{CARD}, [e-mail address]"
NEITHER = "[card number ending 1111], [e-mail address]"


async def test_whoever_is_asked_in_is_told_alone_joins_and_hears_both(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with open_floor(monkeypatch) as floor:
        await floor.asks()
        await asyncio.sleep(1)
        assert floor.mia.now.other == DeskOther(name=BEN, role=ROLE, state="asked")
        offer = await floor.takes()
        assert floor.mia.now.other == DeskOther(name=BEN, role=ROLE, state="reads")
        assert floor.ben.room.whispered == [ASKED_FOR]
        assert (floor.ben.now.now, floor.ben.now.leads, floor.ben.connected) == ("brief", False, False)
        assert not (await floor.offer(offer.id)).connected_at
        floor.ben.acts.put_nowait(DeskAct(act="put_through"))
        await asyncio.sleep(1)
        assert (await floor.offer(offer.id)).connected_at
        assert floor.ben.connected
        assert floor.mia.now.other == DeskOther(name=BEN, role=ROLE, state="here")
        with_mia = DeskOther(name=MIA, role="our care team", state="here")
        assert floor.ben.now == DeskSituation(now="talking", leads=False, other=with_mia)
        floor.fake.turns.on_turn(Turn(CALL, 1, BILLS, "Yes, you may.", 0, 0))
        for talk in (floor.mia, floor.ben):
            assert talk.shown[-1] == DeskWords(speaker=ROLE, words="Yes, you may.")
        floor.fake.hold.is_on = True
        await asyncio.sleep(1)
        assert (floor.mia.now.now, floor.ben.now.now) == ("hold", "hold")
        assert not floor.voice.heard


@pytest.mark.fault("P22")
@pytest.mark.parametrize("answer", ["declines", "misses", "not there", "not now", "no room"])
async def test_nobody_who_does_not_come_ends_the_talk_and_who_asked_reads_why(
    monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    async with open_floor(monkeypatch) as floor:
        if answer == "not there":
            await floor.store.set_presence(
                BEN, PresenceState.AWAY, lease_s=600, by=BEN, at=floor.clock.now_ms()
            )
        monkeypatch.setattr(FakeRoom, "fails", answer == "no room")
        await floor.asks()
        why = {
            "declines": "lunch",
            "misses": NOBODY_IN_TIME,
            "not there": NOBODY_THERE,
            "not now": "no time",
        }.get(answer, "there is a fault on our side")
        if answer == "declines":
            await asyncio.sleep(2)
            (offer,) = await floor.store.offers(ringing=True)
            await floor.store.decline_offer(offer.id, BEN, reason=why, at=floor.clock.now_ms())
        elif answer in {"not now", "no room"}:
            await floor.takes()
        if answer == "not now":
            floor.ben.acts.put_nowait(DeskAct(act="return", reason=why))
        await asyncio.sleep(RINGS_MS / 1000 + 4 if answer == "misses" else 2)
        assert floor.mia.now.other == DeskOther(
            name=BEN,
            role=ROLE,
            state="gone",
            why=why,
        )
        assert floor.fake.second is None
        assert not (await floor.asked()).is_open
        assert (await floor.offer("mia")).is_talk
        assert not floor.mia.ended


async def test_the_first_person_leaves_and_the_second_has_the_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_floor(monkeypatch) as floor:
        await floor.asks()
        offer = await floor.joins()
        ben = floor.ben
        await floor.has_left(floor.mia.offer)
        assert floor.mia.ended == [LEFT]
        assert floor.fake.person is ben
        assert floor.fake.second is None
        assert (ben.leads, ben.ended) == (True, [])
        assert ben.now == DeskSituation(now="talking")
        ben.acts.put_nowait(DeskAct(act="hand_back", reason="it is settled"))
        await asyncio.sleep(0.1)
        assert floor.desk.back == [(FRONT, "it is settled", BEN)]
        assert (await floor.offer(offer.id)).is_talk
        row = await floor.store.call(CALL)
        assert row is not None
        assert (row.holder_role, floor.fake.current_role.id) == (BILLS, BILLS)


async def test_the_second_person_leaves_and_the_first_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_floor(monkeypatch) as floor:
        await floor.asks()
        offer = await floor.joins()
        ben = floor.ben
        await floor.has_left(offer)
        assert ben.ended
        assert floor.fake.second is None
        assert floor.fake.person is floor.mia
        assert floor.mia.now.other == DeskOther(name=BEN, role=ROLE, state="gone", why="they have left")
        await floor.asks("entry-3")
        await floor.joins()
        assert floor.ben.connected, "and may be asked again"


@pytest.mark.fault("P17")
async def test_a_first_person_who_is_lost_leaves_the_caller_with_the_second_without_a_word(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with open_floor(monkeypatch) as floor:
        await floor.asks()
        await floor.joins()
        ben = floor.ben
        floor.mia.room.leaves()
        await asyncio.sleep(2)
        assert ben.now.other == DeskOther(name=MIA, role="our care team", state="lost")
        await asyncio.sleep(6)
        assert floor.fake.person is ben
        assert floor.mia.ended == [GONE]
        assert [what for _, what in floor.voice.heard] == ["no music"], "they hear Ben meanwhile"
        assert not floor.desk.back
        presences = {one.person: one for one in await floor.store.presences()}
        assert (presences[MIA].state, presences[MIA].reason) == (PresenceState.AWAY, CUT_OFF)
        assert (await floor.offer("mia")).ended_at
        row = await floor.store.call(CALL)
        assert row is not None
        assert row.holder_role == BILLS


@pytest.mark.fault("P18")
async def test_a_second_person_who_is_lost_leaves_the_caller_with_the_first_without_a_word(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with open_floor(monkeypatch) as floor:
        await floor.asks()
        offer = await floor.joins()
        floor.ben.room.leaves()
        await asyncio.sleep(2)
        assert floor.mia.now.other == DeskOther(name=BEN, role=ROLE, state="lost")
        await asyncio.sleep(6)
        assert floor.mia.now.other == DeskOther(name=BEN, role=ROLE, state="gone", why=CUT_OFF)
        assert (await floor.offer(offer.id)).ended_at
        assert (await floor.asked()).state is EntryState.TALKED
        assert not floor.voice.heard
        assert floor.fake.person is floor.mia


@pytest.mark.fault("P19")
async def test_two_who_are_both_lost_give_the_caller_back_to_who_handed_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with open_floor(monkeypatch) as floor:
        await floor.asks()
        await floor.joins()
        ben = floor.ben
        ben.room.leaves()
        await asyncio.sleep(1)
        floor.mia.room.leaves()
        await asyncio.sleep(9)
        assert [what for _, what in floor.voice.heard][:2] == ["One moment.", "music"]
        assert floor.desk.back == [(FRONT, GONE, "rule")]
        assert (floor.fake.person, floor.fake.second) == (None, None)
        assert ben.ended
        await floor.write_queue.close(1)
        assert not [one for one in await floor.store.offers() if one.is_talk]


async def test_the_end_of_the_call_ends_both_and_the_second_first(monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_floor(monkeypatch) as floor:
        await floor.asks()
        await floor.joins()
        ben = floor.ben
        await end_person(cast(ActiveCall, floor.fake), "the call is over")
        assert (floor.mia.ended, ben.ended) == (["the call is over"], ["the call is over"])
        await floor.write_queue.close(1)
        moves = [one.moved_to for one in await floor.store.events(call_id=CALL)]
        assert "leads" not in moves


async def test_an_agent_in_a_lost_ones_place_finds_the_second_person_in_the_rows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with open_floor(monkeypatch) as floor:
        await floor.asks()
        await floor.joins()
        ben = floor.ben
        floor.fake.second = None
        taking_over = asyncio.create_task(serve_person(cast(ActiveCall, floor.fake)))
        await asyncio.sleep(1)
        assert floor.ben is not ben
        assert floor.ben.connected, "nobody has to join again"
        taking_over.cancel()
        await asyncio.gather(taking_over, return_exceptions=True)


async def test_while_two_persons_of_two_roles_have_a_caller_what_either_role_redacts_is_redacted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with open_floor(monkeypatch) as floor:
        assert floor.hears(SAID) == NO_MAIL
        await floor.asks()
        await floor.takes()
        assert floor.hears(SAID) == NEITHER, "who reads the brief reads what is said"
        floor.ben.acts.put_nowait(DeskAct(act="put_through"))
        await asyncio.sleep(1)
        began_at = floor.clock.now_ms()
        assert floor.hears(SAID) == NEITHER
        await floor.has_left(floor.mia.offer)
        assert floor.hears(SAID) == NO_CARD, "the second person's role has the caller"
        assert floor.hears(SAID, began_at=began_at) == NEITHER, "what both have heard is understood later"


async def test_a_second_person_who_leaves_takes_along_what_their_role_redacts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with open_floor(monkeypatch) as floor:
        await floor.asks()
        await floor.has_left(await floor.joins())
        assert floor.hears(SAID) == NO_MAIL


@pytest.mark.parametrize("left", [False, True], ids=["both are there", "the first has left"])
async def test_a_supervisor_who_takes_over_from_people_keeps_what_their_role_redacts(
    monkeypatch: pytest.MonkeyPatch, *, left: bool
) -> None:
    async with open_floor(monkeypatch) as floor:
        await floor.asks()
        await floor.joins()
        if left:
            await floor.has_left(floor.mia.offer)
        await end_person(cast(ActiveCall, floor.fake), "Ann has taken over")
        assert floor.hears(SAID) == (NO_CARD if left else NO_MAIL)


async def test_an_agent_in_a_lost_ones_place_redacts_by_the_second_persons_role_before_it_has_found_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with open_floor(monkeypatch) as floor:
        redact_for_all(cast(ActiveCall, floor.fake), BILLS)
        assert floor.hears(SAID) == NEITHER
