"""The aggregates of a store on any engine: all but the feed, which each engine has for itself."""

from __future__ import annotations

from persistence.sql.calls import SqlCalls
from persistence.sql.costs import SqlCosts
from persistence.sql.desks.messages import SqlMessages
from persistence.sql.desks.people import SqlPeople
from persistence.sql.desks.phones import SqlPhones
from persistence.sql.handoffs import SqlHandoffs
from persistence.sql.keeping import SqlKeeping
from persistence.sql.limits import SqlLimits
from persistence.sql.metrics import SqlMetrics
from persistence.sql.operators import SqlOperators
from persistence.sql.recordings import SqlRecordings
from persistence.sql.requests import SqlRequests
from persistence.sql.tools import SqlTools
from persistence.sql.workers import SqlWorkers


class SqlStore(
    SqlCalls,
    SqlCosts,
    SqlHandoffs,
    SqlRequests,
    SqlOperators,
    SqlPeople,
    SqlPhones,
    SqlMessages,
    SqlWorkers,
    SqlLimits,
    SqlMetrics,
    SqlTools,
    SqlKeeping,
    SqlRecordings,
):
    """One connection writes, others read: a write that waits for its turn does not hold up a read."""
