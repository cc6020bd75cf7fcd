"""What a person's proxy does as the holder: obeys them, shows them the call, and notices if they are gone."""

from __future__ import annotations

import asyncio
import logging
from functools import partial

from agents.call.active_call import ActiveCall
from agents.call.person.lost import is_away, move_talk, until_lost
from agents.call.person.redacting import redact_for_all
from agents.call.person.second import SecondPerson
from agents.call.person.view import words_of
from agents.monitors.call_end import Decision, EndCall
from agents.people.talk import PersonTalk
from agents.phone.leaving import has_left
from agents.phone.own_line import OwnLine
from agents.roster.phone import BLIND
from persistence.access import ListenerMode, ListenerState
from persistence.phones import Refer
from persistence.records import OPERATOR, RULE, CallEnd, Turn
from tasks import together
from transfer.desk_protocol import DeskOther, DeskSituation, DeskSupervisor, DeskWords

log = logging.getLogger(__name__)

_LOOK_EVERY_S = 0.2
_LEAVES_WITHIN_S = 2.0
"""How long a caller's leaving may take to show: a gateway hangs up a caller who has left within a second."""
_SUPERVISOR = "a supervisor"
GONE = "the person's connection was lost"
LEFT = "you have left the caller to your colleague"


async def serve_person(call: ActiveCall) -> None:
    """Run while a person speaks with the caller; return at once if none does."""
    talk = call.person
    if talk is None:
        return
    if call.leaving is not None and not await _leave(call, talk):
        return
    call.turns.on_turn = partial(_show_turn, call)
    while talk is not None:
        talk = await _until_another(call, talk)


async def _until_another(call: ActiveCall, talk: PersonTalk) -> PersonTalk | None:
    """Serve one person until they are gone. Returns the second person, if they have the caller then."""
    second = SecondPerson(call, talk)
    async with together() as group:
        parts = [_obey(call, talk), _show_situations(call, talk, second), second.follow()]
        tasks = [group.create_task(part) for part in parts]
        gone = group.create_task(_until_gone(call, talk))
        left = group.create_task(second.left.wait())
        await asyncio.wait({gone, left}, return_when=asyncio.FIRST_COMPLETED)
        for task in (*tasks, gone, left):
            task.cancel()
    if call.person is not talk or call.ending.decided:
        return None
    if second.left.is_set():
        await _leave_to_second(call, talk, LEFT)
    elif _second_is_here(call):
        is_away(call, talk)
        await _leave_to_second(call, talk, GONE)
    else:
        log.warning("the person is gone", extra={"call": call.row.id})
        await _give_back(call, talk)
    return call.person


async def end_person(call: ActiveCall, why: str) -> None:
    """End the person's part in the call, if there is one."""
    talk, call.person = call.person, None
    second, call.second = call.second, None
    if talk is None:
        return
    why = why or "the caller was handed over"
    if second is not None:
        move_talk(call, partial(call.store.end_talk, second.talk.offer.id))
        await second.end(why)
        redact_for_all(call)
    move_talk(call, partial(call.store.end_talk, talk.offer.id))  # the store ends it with the call, too
    await talk.end(why)


async def recorded_end(call: ActiveCall, end: Decision) -> Decision:
    """Return the end to record. A caller who left before their provider answered has gone to the person."""
    if end != EndCall(CallEnd.CALLER_LEFT):
        return end
    left = call.leaving is not None and await call.leaving.has_left(_LEAVES_WITHIN_S)
    if not left and _sends_callers_away(call):
        left = await has_left(call.store, call.row.id, _LEAVES_WITHIN_S)
    return EndCall(CallEnd.TRANSFERRED, hang_up=True) if left else end


def _sends_callers_away(call: ActiveCall) -> bool:
    """Whether a handoff's target may have sent the caller away (`refer: blind`)."""
    phones = [role.phones for role in call.process.roster.roles.values()]
    return any(plan is not None and plan.rules.refer == BLIND for plan in phones)


async def _leave(call: ActiveCall, talk: PersonTalk) -> bool:
    """Have the caller leave for the person's telephone. True: they could not, so the two are bridged."""
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
    if talk.room.away.is_set():  # the person hung up to receive the caller's call, which did not come
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
    """Return when the person is gone. While they are away, play words and music to a caller left alone."""

    async def lost() -> None:
        if _second_is_here(call) or call.apart or call.supervision.has_floor:
            return
        await call.voice.speak(call.role.spoken_lines.one_moment)
        await call.voice.start_music()

    async def found() -> None:
        await call.voice.stop_music()

    await until_lost(call, talk, lost=lost, found=found)


def _second_is_here(call: ActiveCall) -> bool:
    second = call.second
    return second is not None and second.connected and second.talk.room.here.is_set()


async def _leave_to_second(call: ActiveCall, talk: PersonTalk, why: str) -> None:
    """Leave the caller to the second person. The rows say so already, or will."""
    second, call.second = call.second, None
    assert second is not None, "only a second person who is there is left alone"
    call.person = await second.alone()
    call.current_role = call.process.roster.roles.get(second.talk.offer.role, call.current_role)
    move_talk(call, partial(call.store.end_talk, talk.offer.id))
    await talk.unpublish()
    redact_for_all(call)
    await talk.end(why)


async def _give_back(call: ActiveCall, talk: PersonTalk) -> None:
    """Set the person away, so nothing rings there, and return the caller to the desk that handed over."""
    is_away(call, talk)  # before they are free again
    await end_person(call, GONE)
    call.voice.open_ears()  # the model's, until the desk that handed over has the call
    call.desk.hand_back(talk.back_to, GONE, by=RULE)


async def _show_situations(call: ActiveCall, talk: PersonTalk, second: SecondPerson) -> None:
    """Keep each page up to date on its person's situation with the caller and on who else is there."""
    shown: dict[PersonTalk, DeskSituation] = {}
    while True:
        now = DeskSituation(
            now="moving" if call.desk.busy else "hold" if call.hold.is_on else "talking",
            supervisors=tuple(
                DeskSupervisor(name=one.name, mode=one.mode.value)
                for one in call.supervision.listeners
                if one.state is ListenerState.JOINED or one.mode is not ListenerMode.LISTEN
            ),
        )
        situations = {talk: now.model_copy(update={"other": second.shown})}
        if call.second is not None:
            first = DeskOther(
                name=talk.offer.person,
                role=call.current_role.name,
                state="lost" if talk.room.away.is_set() else "here",
            )
            joined = {} if call.second.connected else {"now": "brief", "supervisors": ()}
            situations[call.second.talk] = now.model_copy(update={"leads": False, "other": first, **joined})
        for person, situation in situations.items():
            if situation != shown.get(person):
                person.show(situation)
        shown = situations
        await asyncio.sleep(_LOOK_EVERY_S)


def _show_turn(call: ActiveCall, turn: Turn) -> None:
    if turn.speaker == OPERATOR:
        words = DeskWords(speaker=_SUPERVISOR, words=turn.text)
    else:
        words = words_of(call.process.roster, turn)
    if call.person is not None:
        call.person.show(words)
    if call.second is not None:
        call.second.talk.show(words)
