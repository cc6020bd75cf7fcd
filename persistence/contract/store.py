"""The whole store: everything Baton keeps."""

from __future__ import annotations

from typing import Protocol

from persistence.contract.calls import CallStore
from persistence.contract.costs import CostStore
from persistence.contract.feed import FeedStore
from persistence.contract.handoffs import HandoffStore
from persistence.contract.keeping import KeepingStore
from persistence.contract.limits import LimitStore
from persistence.contract.messages import MessageStore
from persistence.contract.metrics import MetricsStore
from persistence.contract.operators import OperatorStore
from persistence.contract.people import PeopleStore
from persistence.contract.phones import PhoneStore
from persistence.contract.recordings import RecordingStore
from persistence.contract.requests import RequestStore
from persistence.contract.tools import ToolStore
from persistence.contract.workers import WorkerStore


class Store(
    CallStore,
    CostStore,
    HandoffStore,
    RequestStore,
    OperatorStore,
    PeopleStore,
    PhoneStore,
    MessageStore,
    WorkerStore,
    LimitStore,
    FeedStore,
    MetricsStore,
    ToolStore,
    KeepingStore,
    RecordingStore,
    Protocol,
):
    """Reads see every write that was acknowledged before them.

    Every move is one guarded statement: its guard is checked by the write itself, so of two writers that make
    the same move exactly one wins, and the other gets StaleHandoff.
    """
