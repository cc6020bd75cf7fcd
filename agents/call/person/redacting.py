"""Redacts a call that people have: everything that any of their roles redacts."""

from __future__ import annotations

from agents.call.active_call import ActiveCall
from persistence.records import RoleName


def redact_for_all(call: ActiveCall, *asked_in: RoleName) -> None:
    """From now on, redact as the role that has the caller does, and as a second person's role does.

    `asked_in`: roles of people who are in the talk by its rows, but not yet in `call`. Call this whenever
    `current_role` or `second` has changed.
    """
    second = () if call.second is None else (call.second.talk.offer.role,)
    roles = [call.process.roster.roles.get(name) for name in (*second, *asked_in)]
    kinds = {kind for role in (call.current_role, *roles) if role is not None for kind in role.redact}
    call.redactor.change(kinds, at=call.process.clock.now_ms())
