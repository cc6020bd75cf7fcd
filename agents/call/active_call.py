"""A call in an agent's hands, and all that is needed to carry it on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from livekit.agents import AgentSession, JobContext

from agents.monitors.call_end import CallEnding
from agents.process.process_context import ProcessContext
from agents.roster.role import Role
from agents.session.transcript import Transcript
from agents.session.voice import SessionVoice
from persistence.contract.store import Store
from persistence.records import Call
from transfer.livekit.switchboard import LiveKitSwitchboard


@dataclass(frozen=True, slots=True)
class ActiveCall:
    """Made once the call is ours, by answering it or by taking it over."""

    ctx: JobContext
    warm: ProcessContext
    store: Store
    session: AgentSession[None]
    voice: SessionVoice
    role: Role
    call: Call
    facts: Mapping[str, str]
    turns: Transcript
    switchboard: LiveKitSwitchboard
    ending: CallEnding
    notes: list[str] = field(default_factory=list)  # operators' words, known to us and to whoever follows
