"""What a holder says on the way of a handoff, with the names put in."""

from __future__ import annotations

from agents.role import Role
from agents.roster import Roster
from persistence.records import HandoffState, RoleName
from transfer.lines import Lines


def lines_for(roster: Roster, holder: Role, target: RoleName) -> Lines:
    """What the holder says on the way to this target."""
    house, name = roster.house.lines, roster.role(target).name
    return Lines(
        hold=house.holding(target=name),
        introduction=house.introducing(target=name, holder=holder.name),
        declined=house.returning(HandoffState.DECLINED, target=name),
        unanswered=house.returning(HandoffState.UNANSWERED, target=name),
        failed=house.returning(HandoffState.FAILED, target=name),
        cancelled=house.returning(HandoffState.CANCELLED, target=name),
        note=roster.house.notes.not_transferred,
    )
