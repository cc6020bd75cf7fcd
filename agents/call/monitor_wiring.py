"""Makes the monitors of a call for slow, failing or over-promising models."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial

from agents.audio.prepared_audio import spare_prompt
from agents.call.active_call import ActiveCall
from agents.groq.budget.day import nothing_to_try, spent_for_the_day
from agents.groq.probe import serves
from agents.groq.stt.groq_stt import GroqSTT
from agents.groq.stt.stream import STTActivity
from agents.keys.menu import KeyMenu
from agents.monitors.endless_speech import EndlessSpeechMonitor
from agents.monitors.outage import Outage
from agents.monitors.phantom_transfer import PhantomTransferMonitor
from agents.monitors.slow_reply import SlowReplyMonitor
from agents.monitors.transfer_phrases import PromiseRule
from agents.monitors.unintelligible_speech import UnintelligibleSpeechMonitor
from agents.session.filler_output import play_filler
from transfer.livekit.kinds import is_telephone


def outage_of(call: ActiveCall) -> Outage:
    """Make the monitor for outages: what callers hear after model errors, and on hold."""
    process, role = call.process, call.role
    hold_s = process.settings.call.trouble_hold_s

    async def works() -> bool:
        # All calls together probe as often as one call would: a spent limit may be the trouble.
        if random.random() * process.budget.calls >= 1:
            return False
        return await serves(process.groq, process.settings.groq, process.breaker, model=role.model)

    return Outage(
        call.session,
        call.voice,
        role.spoken_lines,
        process.settings.call,
        call.ending,
        works=works,
        day_spent=partial(spent_for_the_day, process.budget, process.settings.groq, longer_than_s=hold_s),
        nothing_to_try=partial(nothing_to_try, process.budget, process.settings.groq, longer_than_s=hold_s),
        busy=lambda: call.occupied,
    )


async def _play(call: ActiveCall, line: str) -> bool:
    """Play a line beneath the session's speech queue, and caption it. Returns whether it was played.

    The spare voice speaks a line that is not prepared yet: a filler cannot wait for synthesis.
    """
    voice = call.role.voice
    prepared = call.process.lines.line(voice, line) or await spare_prompt(voice, line)
    if not await play_filler(call.session, prepared):
        return False
    call.captions.show(line)
    return True


def endless_speech_of(call: ActiveCall, record: Callable[[str, str], None]) -> EndlessSpeechMonitor:
    """Make the monitor for callers who never pause. `record` gets the part and the kind of trouble."""
    return EndlessSpeechMonitor(
        call.session,
        partial(_play, call),
        call.role.spoken_lines.never_pauses,
        busy=lambda: call.occupied,
        record=record,
    )


def menu_of(call: ActiveCall) -> KeyMenu:
    """Make the key menu, the way out for a caller who is not understood."""
    return KeyMenu(call.key_pad, call.role, call.desk.ask_by_key)


def unclear_of(
    call: ActiveCall, menu: KeyMenu, record: Callable[[str, str], None], busy: Callable[[], bool]
) -> UnintelligibleSpeechMonitor:
    """Make the monitor for callers who are not understood. Only those on a telephone are offered keys."""

    def offer() -> str:
        caller = call.ctx.room.remote_participants.get(call.row.caller)
        by_telephone = caller is not None and is_telephone(caller)
        return menu.offer() if by_telephone else ""

    after = call.process.roster.house.menu_after
    lines = call.role.spoken_lines
    return UnintelligibleSpeechMonitor(
        call.session, call.voice, lines, busy=busy, record=record, menu=offer, menu_after=after
    )


def patience_of(call: ActiveCall) -> SlowReplyMonitor:
    """Make the monitor that plays fillers while a reply is late."""
    session, lines = call.session, call.role.spoken_lines

    def stt_progress() -> STTActivity:
        return session.stt.activity if isinstance(session.stt, GroqSTT) else STTActivity()

    return SlowReplyMonitor(
        session,
        partial(_play, call),
        (lines.one_moment, lines.still_at_it),
        call.process.settings.call,
        stt_progress=stt_progress,
        busy=lambda: call.occupied,
    )


def promises_of(call: ActiveCall) -> PhantomTransferMonitor:
    """Make the monitor that requests or takes back transfers that were announced without the tool."""
    roster, role = call.process.roster, call.role
    others: dict[str, str] = {name: other.name for name, other in roster.roles.items() if name != role.id}
    reached = set(role.transfers_to) if "transfer_call" in role.tools else set()
    return PhantomTransferMonitor(
        call.session,
        PromiseRule(others),
        call.voice,
        role.spoken_lines.promise_taken_back,
        busy=lambda: call.occupied,
        request_handoff=call.desk.ask_promised,
        may_transfer_to=lambda target: target in reached,
    )
