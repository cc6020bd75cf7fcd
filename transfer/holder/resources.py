"""All that the holder's side of a handoff works with, for one call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from persistence.contract.handoffs import HandoffStore
from persistence.records import JobId, RoleName
from settings import HandoffSettings
from transfer.holder.lines import Lines
from transfer.ports import Clock, Dispatcher, Summarizer, Switchboard, Voice


@dataclass(frozen=True, slots=True)
class Means:
    """`holder` and `caller` are identities in the room; `job` is the holder's, the events' actor."""

    store: HandoffStore
    dispatcher: Dispatcher
    switchboard: Switchboard
    voice: Voice
    summarizer: Summarizer
    clock: Clock
    settings: HandoffSettings
    lines: Callable[[RoleName], Lines]
    job: JobId
    holder: str
    caller: str
