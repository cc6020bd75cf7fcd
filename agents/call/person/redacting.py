"""What is redacted while people have a caller: all that any of the roles who hear them redacts."""

from __future__ import annotations

from agents.call.active_call import ActiveCall
from persistence.records import RoleName


def redact_for_all(call: ActiveCall, *asked_in: RoleName) -> None:
    """From now on, redact by the role that has the caller, and by that of a second person.

    `asked_in`: roles of persons who are in the talk by its rows, and not yet in `call`. To be called whenever
    `current_role` or `second` has changed.
    """
    second = () if call.second is None else (call.second.talk.offer.role,)
    roles = [call.process.roster.roles.get(name) for name in (*second, *asked_in)]
    kinds = {kind for role in (call.current_role, *roles) if role is not None for kind in role.redact}
    call.redactor.change(kinds, at=call.process.clock.now_ms())
