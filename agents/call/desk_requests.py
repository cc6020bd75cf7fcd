"""The requests that a holder's desk accepts."""

from __future__ import annotations

from dataclasses import dataclass

from livekit.agents.voice import SpeechHandle

from persistence.records import MODEL, Handoff


@dataclass(frozen=True, slots=True)
class TransferAsked:
    """The model asked for a handoff or promised one to the caller, or a rule or a person asked for it."""

    target: str
    reason: str
    key: str
    requested_by: str = MODEL
    by_caller: bool = False  # the caller asked to be put through


@dataclass(frozen=True, slots=True)
class TransferOrdered:
    """An operator asked for a handoff. Its row is committed."""

    handoff: Handoff


@dataclass(frozen=True, slots=True)
class Resumed:
    """Continue a handoff that the lost holder of this call had begun."""

    handoff: Handoff


@dataclass(frozen=True, slots=True)
class EndAsked:
    """The model asked to end the call after this reply."""

    speech: SpeechHandle


@dataclass(frozen=True, slots=True)
class CallerBack:
    """The caller is in the room again."""
