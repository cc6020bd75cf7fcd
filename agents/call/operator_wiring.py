"""Makes what serves operators in a call: commands, their history, the inbox, and supervision."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from itertools import takewhile

from livekit import rtc

from agents.call.active_call import ActiveCall
from agents.call.person_holder import end_person
from agents.monitors.call_end import Disconnected, EndCall
from agents.monitors.operator_commands import OperatorCommands
from agents.monitors.operator_history import OperatorHistory
from agents.monitors.operator_inbox import OperatorInbox
from agents.monitors.operator_keys import OperatorKeys, Telephone
from agents.people.person_words import PersonWords
from agents.session.agent_session import make_hearing
from agents.session.context import notes_text, supervised_text
from agents.session.held_turns import HeldTurns
from agents.session.transcript import kept_message
from agents.supervision.supervision import Supervision
from agents.supervision.supervisor_voice import Heard, SupervisorVoice
from agents.supervision.supervisors_room import SupervisorsRoom
from errors import StaleHandoff, StoreError
from persistence.access import ListenerState
from persistence.records import (
    CALLER,
    OPERATOR,
    Call,
    CallEnd,
    JobId,
    OperatorRequest,
    RequestId,
    RequestKind,
    RoleName,
    Turn,
)
from persistence.retry import until_answered
from transfer.keys_protocol import Leg
from transfer.protocol import SaidTurn

log = logging.getLogger(__name__)

GIVEN_BACK = "a supervisor has spoken with the caller, and gives them back"
_KNOWN_WITHIN_S = 1.0
_TOLD = 40
"""The latest turns that the model gets after a supervisor's talk: some minutes. The transcript has all."""


def acts_for(call: ActiveCall) -> OperatorCommands:
    return OperatorCommands(
        call.store,
        call.row,
        _job(call),
        call.process.clock,
        voice=call.voice,
        busy=lambda: call.desk.busy,
        on_hold=lambda: call.hold.is_on,
        abandon_handoff=call.desk.give_up,
        ending=call.ending,
        goodbye=call.role.spoken_lines.goodbye,
        add_note=lambda note: _add_note(call, note),
        press_keys=OperatorKeys(call.ctx.room, partial(_telephone, call)).press,
        write_queue=call.process.write_queue,
    )


def _telephone(call: ActiveCall, leg: Leg) -> Telephone | None:
    """Return a leg's telephone, if any. Each has its own room: keys in one are not heard in the other."""
    if leg == "caller":
        return call.ctx.room, call.row.caller
    return None if call.person is None else (call.person.room.room, call.person.room.person)


def recall_for(call: ActiveCall) -> OperatorHistory:
    return OperatorHistory(
        call.store,
        call.row.id,
        _job(call),
        call.process.clock,
        notes=call.notes,
        add_note=lambda note: _add_note(call, note),
    )


def watch_for(call: ActiveCall, acts: OperatorCommands) -> OperatorInbox:
    watch = OperatorInbox(
        call.store,
        call.row.id,
        _job(call),
        order_transfer=call.desk.order_transfer,
        row_moved=call.desk.row_moved,
        follow_call=partial(_follow, call),
        follow_listeners=call.supervision.follow,
        accept_requests=acts.accept,
    )
    watch.attach(call.ctx.room)
    return watch


def _follow(call: ActiveCall, row: Call, successor: Call | None) -> None:
    """Obey the row: the call may be on hold, or closed by somebody else while our caller is in the room."""
    call.hold.follow(row)
    if row.ended_at is None or call.ending.decided:
        return
    log.warning("the call was closed by somebody else", extra={"call": row.id, "how": row.ended_how})
    goodbye = call.role.spoken_lines.failed_goodbye
    ended = EndCall(row.ended_how or CallEnd.FAILED, goodbye=goodbye, hang_up=True)
    call.ending.decide(ended if successor is None else Disconnected())


def supervision_of(call: ActiveCall) -> Supervision:
    return Supervision(call.session, SupervisedCall(call))


async def know_supervisor(call: ActiveCall) -> None:
    """Read the call's supervisors before a new agent speaks: one may be speaking in its place."""
    try:
        async with asyncio.timeout(_KNOWN_WITHIN_S):
            call.supervision.follow(await call.store.listeners_of(call.row.id))
    except (StoreError, TimeoutError) as error:
        log.warning("the call's supervisors were not read", extra={"error": type(error).__name__})


class SupervisedCall:
    """`CallInHands`."""

    def __init__(self, call: ActiveCall) -> None:
        self._call = call
        self._turns_before = 0
        self._whispers = HeldTurns(call.redactor, self._note)
        self._back_to: RoleName | None = None

    @property
    def callers_room(self) -> rtc.Room:
        return self._call.ctx.room

    @property
    def persons_room(self) -> rtc.Room | None:
        return self._call.person.room.room if self._call.person is not None else None

    @property
    def seconds_room(self) -> rtc.Room | None:
        second = self._call.second
        return second.talk.room.room if second is not None and second.connected else None

    @property
    def apart(self) -> bool:
        return self._call.apart

    def fall_silent(self) -> None:
        self._turns_before = len(self._call.turns.turns)
        if not self._call.desk.busy:
            self._call.voice.open_ears()  # the caller's words are kept, not answered: others speak

    async def let_go(self, by: str) -> None:
        if (talk := self._call.person) is not None:
            self._back_to = talk.back_to
            await end_person(self._call, f"{by} has taken over")

    async def go_on(self, by: str) -> None:
        """Let the model continue. If a person was let go, the desk that handed over continues instead."""
        call, back_to = self._call, self._back_to
        if call.person is not None or call.desk.busy or call.ending.decided:
            return
        call.voice.open_ears()
        if back_to is not None:
            call.desk.hand_back(back_to, GIVEN_BACK, by=by)
            return
        said = call.turns.turns[self._turns_before :]
        told = [SaidTurn(speaker=turn.speaker, text=turn.text) for turn in said[-_TOLD:]]
        await call.voice.add_to_context(supervised_text(call.process.roster.house.notes, told))
        unanswered = tuple(takewhile(lambda turn: turn.speaker == CALLER, reversed(said)))
        if unanswered and not call.hold.is_on:
            with suppress(RuntimeError):  # the session closes
                call.session.generate_reply(
                    user_input=kept_message([turn.text for turn in reversed(unanswered)])
                )

    def join(self, identity: str) -> SupervisorsRoom:
        return SupervisorsRoom(self._call.process.settings.livekit, identity, _job(self._call))

    def voice(self, own_room: SupervisorsRoom, by: str, heard: Callable[[], Heard]) -> SupervisorVoice:
        return SupervisorVoice(
            own_room,
            heard=heard,
            callers_room=self.callers_room,
            whispers=self._words(partial(self._noted, by), answered=True),
            says=self._words(self._said, answered=False),
        )

    async def has_left(self, identity: str) -> None:
        self._whispers.settle()
        store, at = self._call.store, self._call.process.clock.now_ms()
        leave = partial(store.move_listener, identity, ListenerState.LEFT, at=at)
        await until_answered(leave, "a supervisor's departure was not recorded", call=self._call.row.id)

    def _words(self, said: Callable[[str, int, int], None], *, answered: bool) -> PersonWords:
        call = self._call
        hearing = make_hearing(call.process, call.role, answered=answered)
        return PersonWords(hearing, call.process.clock, said)

    def _said(self, words: str, started_at: int, ended_at: int) -> None:
        self._call.turns.say(words, started_at, ended_at, speaker=OPERATOR)
        self._call.captions.show(words)

    def _noted(self, by: str, words: str, started_at: int, ended_at: int) -> None:
        """Take a whisper to the model. Like a turn, it is redacted and may wait for the rest of a number."""
        self._whispers.add(Turn(self._call.row.id, 0, by, words, started_at, ended_at))

    def _note(self, whisper: Turn) -> None:
        """Record a whisper as a row, which the inbox then finds like a typed note."""
        call = self._call
        note = OperatorRequest(
            id=RequestId(f"request-{uuid.uuid4().hex}"),
            call_id=call.row.id,
            room=call.row.room,
            kind=RequestKind.NOTE,
            words=whisper.text,
            requested_by=whisper.speaker,
            idempotency_key=uuid.uuid4().hex,
            requested_at=whisper.ended_at,
        )

        async def write() -> None:
            with suppress(StaleHandoff):  # the call is over
                await call.store.add_request(note)

        call.process.write_queue.enqueue(write)


async def _add_note(call: ActiveCall, note: str) -> None:
    """Add the note to this agent's context at once, and to later agents' briefs."""
    call.notes.append(note)
    await call.voice.add_to_context(notes_text(call.process.roster.house.notes, note))


def _job(call: ActiveCall) -> JobId:
    return JobId(call.ctx.job.id)
