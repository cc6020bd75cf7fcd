"""A call that an agent has: everything needed to run it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from livekit.agents import AgentSession, JobContext

from agents.call.recording_consent import RecordingConsent
from agents.keys.key_pad import KeyPad
from agents.keys.typed_numbers import TypedNumbers
from agents.monitors.call_end import CallEnding
from agents.monitors.caller_disconnect import CallerDisconnectMonitor
from agents.monitors.operator_hold import OperatorHold
from agents.people.second_talk import SecondTalk
from agents.people.talk import PersonTalk
from agents.phone.leaving import Leaving
from agents.process.process_context import ProcessContext
from agents.redaction.redactor import Redactor
from agents.roster.role import Role
from agents.session.captions import Captions
from agents.session.transcript import Transcript
from agents.session.voice import SessionVoice
from agents.supervision.supervision import Supervision
from persistence.contract.store import Store
from persistence.records import Call, Turn
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
    redactor: Redactor  # of the role with the caller; text for the store or other agents passes it
    facts: dict[str, Fact]
    captions: Captions
    notes: list[str]  # operators' notes, for this agent and later ones
    consent: RecordingConsent | None  # to be recorded; None: recording is off
    key_pad: KeyPad  # the keys of the caller's telephone
    typed: TypedNumbers = field(default_factory=TypedNumbers)
    hold: OperatorHold = field(init=False)  # whether the caller is on hold; `hold.on_change` tells when
    supervision: Supervision = field(init=False)
    tool_servers: ToolServers = field(init=False)
    tools: ToolUses = field(init=False)  # what the role's own tools do in this call
    desk: HandoffDesk = field(init=False)  # it serves this call, so it is made right after it
    departure: CallerDisconnectMonitor = field(init=False)
    call_back_link: str = ""  # the token for the caller's page, once a call back was promised
    said_before: Sequence[Turn] = ()  # if this call is a call back: in the call that promised it
    person: PersonTalk | None = None  # speaks with the caller, if a person plays the role
    second: SecondTalk | None = None  # asked in by that person; set once they accept
    leaving: Leaving | None = None  # the caller leaves for that person's telephone; None: they are bridged
    current_role: Role = field(init=False)  # the row's: a second person's, once the first has left

    def __post_init__(self) -> None:
        self.current_role = self.role

    @property
    def occupied(self) -> bool:
        """Whether the agent itself has to be silent.

        It has to if a handoff is open, a hold is on, the call ends, or somebody else speaks with the caller.
        """
        return self.apart or self.others_speak

    @property
    def others_speak(self) -> bool:
        """Whether a person or a supervisor speaks with the caller, and the model answers nobody."""
        return self.person is not None or self.supervision.has_floor

    @property
    def apart(self) -> bool:
        """Whether the caller and the holder cannot hear each other: a handoff, a hold, or the end."""
        return self.desk.busy or self.hold.is_on
