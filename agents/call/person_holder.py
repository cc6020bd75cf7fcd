"""What a person's holder does besides: it obeys them, shows them the call, and sees when they are gone."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial

from agents.call.active_call import ActiveCall
from agents.monitors.call_end import Decision, EndCall
from agents.people.talk import PersonTalk
from agents.phone.leaving import has_left
from agents.phone.own_line import OwnLine
from agents.roster.phone import BLIND
from errors import StaleHandoff
from persistence.access import ListenerMode, ListenerState
from persistence.people import Offer, Person, PresenceState
from persistence.phones import Refer
from persistence.records import CALLER, OPERATOR, RULE, CallEnd, Turn
from tasks import together
from transfer.desk_protocol import DeskSituation, DeskSupervisor, DeskWords

log = logging.getLogger(__name__)

_LOOK_EVERY_S = 0.2
_UNNOTICED_S = 0.5
"""Shorter losses of the person's connection are heard as a pause. A voice that no longer arrives counts as
lost after a second (agents/people/arrival.py), and the caller hears words within two."""
_BACK_WITHIN_S = 6.0
"""A page that is loaded anew needs two. A handoff needs three more: the caller is with somebody in ten."""
_LEAVES_WITHIN_S = 2.0
"""A gateway hangs up a caller who has left within a second."""
_SUPERVISOR = "a supervisor"
GONE = "the person's connection was lost"
CUT_OFF = "the connection was lost"


async def serve_person(call: ActiveCall) -> None:
    """Runs while a person speaks with the caller; returns at once where none does."""
    talk = call.person
    if talk is None:
        return
    if call.leaving is not None and not await _leave(call, talk):
        return
    call.turns.on_turn = partial(_show_turn, call, talk)
    async with together() as group:
        tasks = [group.create_task(part) for part in (_obey(call, talk), _show_situation(call, talk))]
        await _until_gone(call, talk)
        for task in tasks:
            task.cancel()


async def end_person(call: ActiveCall, why: str) -> None:
    """The person's part in the call is over; does nothing where there is none."""
    talk, call.person = call.person, None
    if talk is None:
        return
    _write(call, partial(call.store.end_talk, talk.offer.id))  # the store ends it with the call, too
    await talk.end(why or "the caller was handed over")


async def recorded_end(call: ActiveCall, end: Decision) -> Decision:
    """A caller whose going was seen before the answer of their provider has left for the person."""
    if end != EndCall(CallEnd.CALLER_LEFT):
        return end
    left = call.leaving is not None and await call.leaving.has_left(_LEAVES_WITHIN_S)
    if not left and _sends_callers_away(call):
        left = await has_left(call.store, call.row.id, _LEAVES_WITHIN_S)
    return EndCall(CallEnd.TRANSFERRED, hang_up=True) if left else end


def _sends_callers_away(call: ActiveCall) -> bool:
    """Whether the target of a handoff may have done that (`refer: blind`)."""
    phones = [role.phones for role in call.process.roster.roles.values()]
    return any(plan is not None and plan.rules.refer == BLIND for plan in phones)


async def _leave(call: ActiveCall, talk: PersonTalk) -> bool:
    """Have the caller leave for the person's telephone. True: they cannot, and the person is bridged."""
    assert call.leaving is not None
    await call.voice.start_music()
    try:
        outcome = await call.leaving.ask()
    finally:
        await call.voice.stop_music()
    if outcome is Refer.LEFT:
        await asyncio.sleep(_LEAVES_WITHIN_S)
        call.ending.decide(EndCall(CallEnd.TRANSFERRED, hang_up=True))
        return False
    if talk.room.away.is_set():  # they put the telephone down for the caller's call, which did not come
        await _give_back(call, talk)
        return False
    if isinstance(talk.room, OwnLine):
        talk.room.talks()
    await call.voice.speak(call.role.spoken_lines.one_moment)
    talk.connect()
    log.info("a caller who could not leave is bridged", extra={"call": call.row.id, "refer": outcome})
    return True


async def _obey(call: ActiveCall, talk: PersonTalk) -> None:
    while True:
        act = await talk.next_act()
        if act.act == "hang_up":
            call.ending.decide(EndCall(CallEnd.GOODBYE, hang_up=True))
        else:
            call.desk.hand_back(talk.back_to, act.reason, by=talk.offer.person)


async def _until_gone(call: ActiveCall, talk: PersonTalk) -> None:
    """The caller hears words and music while the page comes back; else they go back to who handed over."""
    while True:
        await talk.room.away.wait()
        if await talk.room.comes_within(_UNNOTICED_S):
            continue
        if call.person is not talk:
            return  # a supervisor has taken over
        _write(call, partial(call.store.lose_person, talk.offer.id))
        if not call.apart and not call.supervision.has_floor:
            await call.voice.speak(call.role.spoken_lines.one_moment)
            await call.voice.start_music()
        back = await talk.room.comes_within(_BACK_WITHIN_S)
        await call.voice.stop_music()
        if not back:
            break
        _write(call, partial(call.store.find_person, talk.offer.id))
    if call.ending.decided:
        return
    log.warning("the person is gone", extra={"call": call.row.id})
    await _give_back(call, talk)


def _write(call: ActiveCall, move: Callable[..., Awaitable[Offer]]) -> None:
    """Move the talk's row. A talk that is over stays as it is."""
    at = call.process.clock.now_ms()

    async def write() -> None:
        with suppress(StaleHandoff):
            await move(at=at)

    call.process.write_queue.enqueue(write)


async def _give_back(call: ActiveCall, talk: PersonTalk) -> None:
    """The caller goes back to who handed over, and nothing rings at the person's desk."""
    call.process.write_queue.enqueue(partial(_is_away, call, talk.offer.person))  # before they are free again
    await end_person(call, GONE)
    call.voice.open_ears()  # the model's, until the desk that handed over has the call
    call.desk.hand_back(talk.back_to, GONE, by=RULE)


async def _is_away(call: ActiveCall, person: Person) -> None:
    """Until they say otherwise. Else the next caller would ring at a desk that nobody sees."""
    at = call.process.clock.now_ms()
    await call.store.set_presence(person, PresenceState.AWAY, reason=CUT_OFF, lease_s=0, by=RULE, at=at)


async def _show_situation(call: ActiveCall, talk: PersonTalk) -> None:
    shown = None
    while True:
        now = DeskSituation(
            now="moving" if call.desk.busy else "hold" if call.hold.is_on else "talking",
            supervisors=tuple(
                DeskSupervisor(name=one.name, mode=one.mode.value)
                for one in call.supervision.listeners
                if one.state is ListenerState.JOINED or one.mode is not ListenerMode.LISTEN
            ),
        )
        if now != shown:
            talk.show(now)
            shown = now
        await asyncio.sleep(_LOOK_EVERY_S)


def _show_turn(call: ActiveCall, talk: PersonTalk, turn: Turn) -> None:
    names = {CALLER: "", OPERATOR: _SUPERVISOR}
    talk.show(DeskWords(speaker=names.get(turn.speaker, call.role.name), words=turn.text))
