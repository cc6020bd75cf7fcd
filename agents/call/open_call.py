"""Opens a call for an agent. Every job entrypoint opens its calls here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from livekit.agents import Agent, JobContext
from livekit.agents.llm import ChatContext

from agents.call.active_call import ActiveCall
from agents.call.handoff_desk import HandoffDesk
from agents.call.operator_wiring import supervision_of
from agents.call.optional_tools import call_backs_of, lookups_of, messages_of
from agents.call.own_agent import make_agent
from agents.call.own_tools import key_tools_of
from agents.call.recording_consent import RecordingConsent
from agents.call.tool_servers import ToolServers
from agents.call.tool_uses import ToolUses
from agents.keys.key_pad import KeyPad
from agents.monitors.call_end import CallEnding
from agents.monitors.caller_disconnect import CallerDisconnectMonitor
from agents.monitors.operator_hold import OperatorHold
from agents.process.process_context import ProcessContext, server_api
from agents.redaction.redactor import Redactor
from agents.roster.role import Role
from agents.session.agent_session import AudioInput, make_session, start_session
from agents.session.captions import Captions
from agents.session.transcript import Transcript
from agents.session.voice import SessionVoice
from persistence.contract.store import Store
from persistence.records import Call, JobId
from transfer.livekit.switchboard import LiveKitSwitchboard
from transfer.protocol import Fact


def open_call(
    *,
    ctx: JobContext,
    process: ProcessContext,
    store: Store,
    role: Role,
    row: Call,
    audio_input: AudioInput,
    facts: Mapping[str, Fact] | None = None,
    notes: Iterable[str] = (),
) -> ActiveCall:
    """Return everything that `role` needs for the call of `row`. The session is made, but not started yet.

    `facts` and `notes` may grow until the session starts; later, the call's holder may add to them.
    """
    process.costs.keep(store, row.id, JobId(ctx.job.id))
    session = make_session(process, role, audio_input)
    redactor = Redactor(role.redact)
    call = ActiveCall(
        ctx=ctx,
        process=process,
        store=store,
        session=session,
        voice=SessionVoice(session, ctx.room, process.lines, role.voice, process.clock),
        role=role,
        row=row,
        turns=Transcript(store, row.id, role.id, process.clock, process.write_queue, redactor),
        switchboard=LiveKitSwitchboard(ctx.room, server_api(ctx), store),
        ending=CallEnding(),
        redactor=redactor,
        facts=dict(facts or {}),
        captions=Captions(role.name),
        notes=list(notes),
        consent=_consent(ctx, process, store, row),
        key_pad=KeyPad(ctx.room, row.caller, session.reset_away_timer),
    )
    call.tool_servers = ToolServers(call)
    call.tools = ToolUses(call)
    call.desk = HandoffDesk(call)
    call.departure = CallerDisconnectMonitor(
        ctx.room,
        row.caller,
        call.ending,
        process.settings.call,
        on_left=call.desk.caller_left,
        on_back=call.desk.caller_back,
    )
    call.hold = OperatorHold(
        session,
        call.voice,
        role.spoken_lines,
        line_every_s=process.settings.call.hold_line_every_s,
        held_at=row.held_at,
        busy=lambda: call.desk.busy,
        turns=lambda: call.turns.turns,
    )
    call.supervision = supervision_of(call)
    call.voice.on_hold = lambda: call.hold.is_on
    call.voice.person_speaks = lambda: call.others_speak
    call.voice.passed_on = call.turns.passed_on
    session.userdata = call
    return call


def _consent(ctx: JobContext, process: ProcessContext, store: Store, row: Call) -> RecordingConsent | None:
    if not process.settings.recording.is_on:
        return None
    return RecordingConsent(store, row, JobId(ctx.job.id), process.clock, process.roster.house)


async def greet(call: ActiveCall, *lines: str) -> None:
    """Speak a call's first words: what the caller must know about the recording, then these lines."""
    if call.consent is not None and not await call.consent.obtain(call.voice):
        return
    for line in lines:
        await call.voice.speak(line)


async def start_call(call: ActiveCall, history: ChatContext) -> Agent:
    """Start the session and record its turns. `history` is what the agent knows from the start."""
    call.turns.attach(call.session)
    more = [*lookups_of(call), *key_tools_of(call), *call_backs_of(call), *messages_of(call)]
    agent = await make_agent(call.role, call.process.roster.house.tools, history, more)
    await start_session(call.session, agent, call.ctx.room, call.row.caller, expects=call.role.expects)
    call.captions.attach(call.session)
    return agent
