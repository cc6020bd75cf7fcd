"""The protocol between two agents: dispatch metadata, RPC methods and their payloads, in one version.

The server sees dispatch metadata and logs it, so it holds ids only. What people said travels by RPC from
agent to agent, and in no other way.
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
    """The identity that LiveKit gives the agent of a job."""
    return f"{AGENTS}{job}"


def is_agents(identity: str) -> bool:
    return identity.startswith(AGENTS)


class Message(BaseModel):
    """Frozen, and strict about unknown fields: another version is refused rather than half understood."""

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

    Every version keeps `kind`, `call` and `lost`: an agent of another version ends the call with a goodbye.
    """

    kind: Literal["recover"] = "recover"
    version: Literal[1] = 1
    role: Id
    call: Id
    lost: Id  # the job that held it
    caller: Id  # the caller's identity in the room
    handoff: Id | None = None  # an operator's, to `role`, that nobody began: take the call over directly
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
    """The task of a dispatch. Empty metadata means a call to answer; None means that it is not ours."""
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
    """What somebody said or wrote, so that it cannot pass for more than one thing."""
    return " ".join(text.split())[:most]


Source = Literal["token", "said", "tool", "keys", "trunk"]
"""Who told a fact: the caller's token, which we signed; people, in the call; a role's own tool; the keys of
the caller's telephone; or the trunk by which they called, which believes what the network says."""


class Fact(Message):
    """What is known of the caller, and who told it: what somebody says proves nothing."""

    value: Annotated[str, AfterValidator(one_line)]
    source: Source


def facts_with(known: Mapping[str, Fact], said: Mapping[str, str]) -> dict[str, Fact]:
    """These facts, and what people said. What they said never takes the place of what is known otherwise."""
    heard = {one_line(name): Fact(value=value, source="said") for name, value in said.items()}
    standing = {name: fact for name, fact in known.items() if fact.source != "said" or name not in heard}
    return {**heard, **standing}


class SaidTurn(Message):
    """One turn as the brief tells it, on one line; `speaker` is "caller", "operator" or a role."""

    speaker: str
    text: str


class Brief(Message):
    """What the target learns the moment it is ready. `turns` end with the one that led to the handoff."""

    reason: str
    reason_is_private: bool = False  # an operator's: for the target, not to be told to the caller
    notes: tuple[str, ...] = ()  # operators' words for the holder, the oldest first
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
    """The target's yes or no; a no has a reason the caller may be told."""

    attempt: Id
    accepted: bool
    reason: str = ""


class SummaryNote(Message):
    """The summary for the target: `matter` completes "I understand that …", `words` is the whole of it."""

    matter: str
    words: str
    facts: dict[str, str] = {}


class TakeOver(Message):
    """The caller is the target's. `said`: their words since the brief, which nobody has answered yet."""

    handoff: Id
    last_sound_at: int  # when the holder or the caller was last heard, ms UTC, for the seam
    on_hold_ms: int | None = None  # time on hold until then; None: somebody has spoken with the caller since
    said: tuple[str, ...] = ()


def fitting(said: Sequence[str]) -> tuple[str, ...]:
    """The last of these words, as many as fit beside the rest of a TakeOver."""
    kept = list(said)
    while sum(len(json.dumps(words)) for words in kept) > RPC_LIMIT_BYTES - 1_024:
        kept.pop(0)
    return tuple(kept)


class Taken(Message):
    """The answer to TakeOver: whether the target has written itself in as holder."""

    taken: bool
