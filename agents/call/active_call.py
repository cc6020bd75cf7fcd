"""A call that an agent has: everything needed to carry it on."""

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
    redactor: Redactor  # of who has the caller: what leaves this agent for the store or another one passes it
    facts: dict[str, Fact]
    captions: Captions
    notes: list[str]  # operators' words, known to this agent and to those who follow it
    consent: RecordingConsent | None  # to being recorded; None: nothing is
    key_pad: KeyPad  # the keys of the caller's telephone
    typed: TypedNumbers = field(default_factory=TypedNumbers)
    hold: OperatorHold = field(init=False)  # whether the caller is on hold; `hold.on_change` tells when
    supervision: Supervision = field(init=False)
    tool_servers: ToolServers = field(init=False)
    tools: ToolUses = field(init=False)  # what the role's own tools do in this call
    desk: HandoffDesk = field(init=False)  # it serves this call, so it is made right after it
    departure: CallerDisconnectMonitor = field(init=False)
    call_back_link: str = ""  # the token for the caller's page, once a call back was promised
    said_before: Sequence[Turn] = ()  # in the call that promised the call back which this one is
    person: PersonTalk | None = None  # who speaks with the caller, where a person plays the role
    second: SecondTalk | None = None  # who was asked in by that person, from the acceptance on
    leaving: Leaving | None = None  # for that person's telephone; None: caller and person are bridged
    current_role: Role = field(init=False)  # as in the call's row: a second person's, once the first has left

    def __post_init__(self) -> None:
        self.current_role = self.role

    @property
    def occupied(self) -> bool:
        """Whether the agent itself has to be silent.

        A handoff is open, a hold is on, the call ends, or a person or a supervisor speaks with the caller.
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
