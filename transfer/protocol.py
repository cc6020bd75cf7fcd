"""The protocol between two agents: dispatch metadata, RPC methods and their payloads, in one version.

The server sees dispatch metadata and logs it, so the metadata holds ids only. What people said travels only
from agent to agent: by RPC, or by a text stream if it is too long for RPC.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

VERSION = 3
RPC_LIMIT_BYTES = 15 * 1024
"""LiveKit's limit on an RPC payload (livekit-facts); a longer brief goes as a text stream."""

BRIEF_TOPIC = "baton.brief"
NUDGE_TOPIC = "baton.nudge"
"""Data packet, server → holder: read the store now. It carries nothing else, so a forged one does no harm."""

READY = "baton.ready"  # target → holder: I have claimed it; answered with the Brief
ANSWER = "baton.answer"  # target → holder: yes or no
SUMMARY = "baton.summary"  # holder → target: the summary; answered when the target is ready to speak
TAKE_OVER = "baton.take_over"  # holder → target: the caller is yours; answered when the target holds the call
RELEASE = "baton.release"  # holder → target: you are not needed, leave
ADMITTED = (
    "baton.admitted"  # agent, or another waiting room → waiting room: the caller is ours; answered in silence
)

Id = Annotated[str, Field(min_length=1, max_length=200)]


AGENTS = "agent-"
"""Prefix of an agent's identity. Nobody else's identity starts with it."""


def agent_identity(job: str) -> str:
    """Return the identity that LiveKit gives a job's agent."""
    return f"{AGENTS}{job}"


def is_agents(identity: str) -> bool:
    return identity.startswith(AGENTS)


class Message(BaseModel):
    """Frozen, and strict about unknown fields: a message of another version is refused, not half read."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class AnswerCall(Message):
    """Dispatch metadata: play `role` for the caller of this room."""

    kind: Literal["answer"] = "answer"
    version: Literal[1] = 1
    role: str | None = None  # None: BATON_FIRST_ROLE
    caller: str | None = None  # None: the first participant who is not an agent


class TakeHandoff(Message):
    """Dispatch metadata: join silently as the target of an attempt."""

    kind: Literal["handoff"] = "handoff"
    version: Literal[1] = 1
    role: Id
    call: Id
    handoff: Id
    attempt: Id
    holder: Id  # the holder's identity in the room
    caller: Id  # the caller's identity in the room


class RecoverCall(Message):
    """Dispatch metadata: recover a call whose holder's process has died.

    Every version must keep `kind`, `call` and `lost`: an agent of another version needs them to end the call
    with a goodbye.
    """

    kind: Literal["recover"] = "recover"
    version: Literal[1] = 1
    role: Id
    call: Id
    lost: Id  # the job that held it
    caller: Id  # the caller's identity in the room
    handoff: Id | None = None  # an operator's handoff to `role` that no holder began: take over directly
    farewell: bool = False  # the call cannot go on: say so, and end it


class AdmitCall(Message):
    """Dispatch metadata: take a caller out of the line, and play `role`. Sent within one worker."""

    kind: Literal["admit"] = "admit"
    version: Literal[1] = 1
    role: Id
    call: Id
    caller: Id  # the caller's identity in the room


Task = AnswerCall | TakeHandoff | RecoverCall | AdmitCall
Dispatch = Annotated[Task, Field(discriminator="kind")]
_DISPATCH: TypeAdapter[Task] = TypeAdapter(Dispatch)


def read_dispatch(metadata: str) -> Task | None:
    """Return a dispatch's task, or None if it is not ours. Empty metadata means a call to answer."""
    try:
        return _DISPATCH.validate_json(metadata or '{"kind": "answer"}')
    except ValidationError:
        return _other_version(metadata)


def _other_version(metadata: str) -> RecoverCall | None:
    try:
        told = json.loads(metadata)
        if told["kind"] == "recover" and told["version"] != RecoverCall.model_fields["version"].default:
            return RecoverCall(role="?", call=told["call"], lost=told["lost"], caller="?", farewell=True)
    except (ValueError, KeyError, TypeError):
        pass
    return None


LONGEST_FACT = 200
"""Characters of a fact's name, and of its value."""
LONGEST_TURN = 2_000


def one_line(text: str, most: int = LONGEST_FACT) -> str:
    """Put `text` on one line of at most `most` characters, so that it cannot look like several entries."""
    return " ".join(text.split())[:most]


Source = Literal["token", "said", "tool", "keys", "trunk"]
"""Where a fact comes from: the caller's token, which we signed; what people said in the call; a role's own
tool; the keys of the caller's telephone; or the call's trunk, which believes what the network says."""


class Fact(Message):
    """One known fact about the caller, with its source: what somebody merely says proves nothing."""

    value: Annotated[str, AfterValidator(one_line)]
    source: Source


def facts_with(known: Mapping[str, Fact], said: Mapping[str, str]) -> dict[str, Fact]:
    """Add what people said to the known facts. It never replaces a fact from another source."""
    heard = {one_line(name): Fact(value=value, source="said") for name, value in said.items()}
    standing = {name: fact for name, fact in known.items() if fact.source != "said" or name not in heard}
    return {**heard, **standing}


class SaidTurn(Message):
    """One turn in the brief, on one line. `speaker` is "caller", "operator" or a role."""

    speaker: str
    text: str


class Brief(Message):
    """What the target learns the moment it is ready. `turns` end with the one that led to the handoff."""

    reason: str
    reason_is_private: bool = False  # an operator's reason: for the target only, not for the caller
    notes: tuple[str, ...] = ()  # operators' notes to the holder, oldest first
    facts: dict[str, Fact] = {}
    turns: tuple[SaidTurn, ...] = ()
    from_role: str


class Ready(Message):
    """The target's request for the brief. Only the target knows the attempt's id."""

    attempt: Id


class Streamed(Message):
    """Stands in for a payload over RPC_LIMIT_BYTES: the text follows on BRIEF_TOPIC under this stream id."""

    stream: Id


class Answer(Message):
    """The target's yes or no. A no has a reason that the caller may hear."""

    attempt: Id
    accepted: bool
    reason: str = ""


class SummaryNote(Message):
    """The summary for the target: `matter` completes "I understand that …", `words` is the whole summary."""

    matter: str
    words: str
    facts: dict[str, str] = {}


class TakeOver(Message):
    """Give the caller to the target. `said`: their words since the brief that nobody has answered yet."""

    handoff: Id
    last_sound_at: int  # when the holder or the caller was last heard, ms UTC, for the seam
    on_hold_ms: int | None = None  # time on hold until then; None: somebody has spoken with the caller since
    said: tuple[str, ...] = ()


def fitting(said: Sequence[str]) -> tuple[str, ...]:
    """Return the last of these texts, as many as fit into a TakeOver."""
    kept = list(said)
    while sum(len(json.dumps(words)) for words in kept) > RPC_LIMIT_BYTES - 1_024:
        kept.pop(0)
    return tuple(kept)


class Taken(Message):
    """The answer to TakeOver: whether the target has recorded itself as the holder."""

    taken: bool
