"""What a holder's desk may be asked for."""

from __future__ import annotations

from dataclasses import dataclass

from livekit.agents.voice import SpeechHandle

from persistence.records import MODEL, Handoff


@dataclass(frozen=True, slots=True)
class TransferAsked:
    """The model wants it, or has promised it."""

    target: str
    reason: str
    key: str
    requested_by: str = MODEL


@dataclass(frozen=True, slots=True)
class TransferOrdered:
    """An operator wants it: the row is committed."""

    handoff: Handoff


@dataclass(frozen=True, slots=True)
class Resumed:
    """A handoff that the lost holder of this call had begun."""

    handoff: Handoff


@dataclass(frozen=True, slots=True)
class EndAsked:
    """The model wants the call to end after this reply."""

    speech: SpeechHandle


@dataclass(frozen=True, slots=True)
class CallerBack:
    """The caller is in the room again."""
