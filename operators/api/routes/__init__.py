"""The service's addresses, one file a subject."""

from operators.api.routes import (
    call_acts,
    calls,
    console,
    document,
    events,
    exports,
    handoff_acts,
    handoffs,
    health,
    me,
    measures,
    roles,
    rooms,
    tokens,
)

# Exports come before handoffs: `/handoffs.csv` is no handoff's id.
ROUTERS = (
    health.router,
    me.session,
    me.router,
    calls.router,
    call_acts.router,
    exports.router,
    handoffs.router,
    handoff_acts.router,
    tokens.router,
    rooms.router,
    rooms.acts,
    roles.router,
    events.router,
    measures.router,
    document.router,
    console.router,
)
