"""The service's addresses, one file a subject."""

from operators.api.routes import (
    call_acts,
    calls,
    console,
    events,
    exports,
    handoff_acts,
    handoffs,
    health,
    me,
    metrics,
    openapi,
    roles,
    rooms,
    tokens,
)

# What is asked for most comes first: a request is held against one after the other. Exports come before
# handoffs: `/handoffs.csv` is no handoff's id.
ROUTERS = (
    exports.router,
    handoffs.router,
    calls.router,
    call_acts.router,
    handoff_acts.router,
    events.router,
    health.router,
    me.session,
    me.router,
    tokens.router,
    rooms.router,
    rooms.acts,
    roles.router,
    metrics.router,
    openapi.router,
    console.router,
)
