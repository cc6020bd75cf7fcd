"""The service's routes, one module per subject."""

from operators.api.routes import (
    call_acts,
    call_page,
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
    openid,
    people,
    recordings,
    roles,
    rooms,
    tokens,
)
from operators.api.routes.floor import desk, offers, queue, talk

# The most used come first, because a request is matched in order. Exports come before handoffs, because
# `/handoffs.csv` is not the id of a handoff.
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
    people.router,
    recordings.router,
    recordings.acts,
    desk.router,
    offers.router,
    talk.router,
    queue.router,
    rooms.router,
    rooms.acts,
    roles.router,
    metrics.router,
    openapi.router,
    openid.router,
    call_page.router,
    console.router,
)
