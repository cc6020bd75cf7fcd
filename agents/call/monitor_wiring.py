"""Makes the monitors of a call for slow, failing or over-promising models."""

from __future__ import annotations

from agents.call.active_call import ActiveCall
from agents.call.handoff_desk import HandoffDesk
from agents.groq.probe import serves
from agents.groq.stt.groq_stt import GroqSTT
from agents.groq.stt.stream import STTActivity
from agents.monitors.outage import Outage
from agents.monitors.phantom_transfer import PhantomTransferMonitor
from agents.monitors.slow_reply import SlowReplyMonitor
from agents.monitors.transfer_phrases import PromiseRule
from agents.session.filler_output import play_filler


def outage_of(held: ActiveCall, desk: HandoffDesk) -> Outage:
    """What is said after model errors, and to a caller on hold."""
    warm, role = held.warm, held.role

    async def works() -> bool:
        return await serves(warm.groq, warm.settings.groq, warm.breaker, model=role.model, voice=role.voice)

    return Outage(
        held.session,
        held.voice,
        warm.roster.house.lines,
        warm.settings.call,
        held.ending,
        works=works,
        busy=lambda: desk.busy,
    )


def patience_of(held: ActiveCall, desk: HandoffDesk) -> SlowReplyMonitor:
    """Fillers for late replies."""
    warm, session = held.warm, held.session
    lines = warm.roster.house.lines

    async def filler(line: str) -> bool:
        prepared = warm.lines.line(held.role.voice, line)
        return prepared is not None and await play_filler(session, prepared)

    def stt_progress() -> STTActivity:
        return session.stt.activity if isinstance(session.stt, GroqSTT) else STTActivity()

    return SlowReplyMonitor(
        session,
        filler,
        (lines.one_moment, lines.still_at_it),
        warm.settings.call,
        stt_progress=stt_progress,
        busy=lambda: desk.busy,
    )


def promises_of(held: ActiveCall, desk: HandoffDesk) -> PhantomTransferMonitor:
    """Transfers announced without the tool: requested, or taken back."""
    roster, role = held.warm.roster, held.role
    others: dict[str, str] = {name: other.name for name, other in roster.roles.items() if name != role.id}
    reached = set(role.transfers_to) if "transfer_call" in role.tools else set()
    return PhantomTransferMonitor(
        held.session,
        PromiseRule(others),
        held.voice,
        roster.house.lines.promise_taken_back,
        busy=lambda: desk.busy,
        request_handoff=desk.ask_promised,
        may_transfer_to=lambda target: target in reached,
    )
