"""A call in an agent's hands: everything that is needed to carry it on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from livekit.agents import AgentSession, JobContext

from agents.monitors.call_end import CallEnding
from agents.monitors.caller_disconnect import CallerDisconnectMonitor
from agents.monitors.operator_hold import OperatorHold
from agents.process.process_context import ProcessContext
from agents.redaction.redactor import Redactor
from agents.roster.role import Role
from agents.session.captions import Captions
from agents.session.transcript import Transcript
from agents.session.voice import SessionVoice
from persistence.contract.store import Store
from persistence.records import Call
from transfer.livekit.switchboard import LiveKitSwitchboard
from transfer.protocol import Fact

if TYPE_CHECKING:
    from agents.call.handoff_desk import HandoffDesk
    from agents.call.tool_servers import ToolServers
    from agents.call.tool_uses import ToolUses


@dataclass(slots=True, eq=False)
class ActiveCall:
    """Made once, by `open_call`. It is the session's `userdata`, which is how the tools reach the desk."""

    ctx: JobContext
    process: ProcessContext
    store: Store
    session: AgentSession[ActiveCall]
    voice: SessionVoice
    role: Role
    row: Call
    turns: Transcript
    switchboard: LiveKitSwitchboard
    ending: CallEnding
    redactor: Redactor  # of the role: whatever leaves this agent for the store or another one passes it
    facts: dict[str, Fact]
    captions: Captions
    notes: list[str]  # operators' words, known to this agent and to those who follow it
    hold: OperatorHold = field(init=False)  # whether the caller is on hold; `hold.on_change` tells when
    tool_servers: ToolServers = field(init=False)
    tools: ToolUses = field(init=False)  # what the role's own tools do in this call
    desk: HandoffDesk = field(init=False)  # it serves this call, so it is made right after it
    departure: CallerDisconnectMonitor = field(init=False)

    @property
    def occupied(self) -> bool:
        """Whether the agent itself has nothing to say: a handoff is open, a hold is on, or the call ends."""
        return self.desk.busy or self.hold.is_on
