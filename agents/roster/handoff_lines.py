"""The lines that a holder says during a handoff, with the names filled in."""

from __future__ import annotations

from agents.roster.role import Role
from agents.roster.roster import Roster
from persistence.records import HandoffState, RoleName
from transfer.holder.lines import Lines


def lines_for(roster: Roster, holder: Role, target: RoleName) -> Lines:
    """The holder's lines for this target, which may be the same role in another process."""
    if target == holder.id:
        return _moving(roster)
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


def _moving(roster: Roster) -> Lines:
    """The lines for a move to another process: the caller should notice no more than a pause."""
    house = roster.house
    back = house.lines.thanks
    return Lines(
        hold=house.lines.one_moment,
        introduction="",
        declined=back,
        unanswered=back,
        failed=back,
        cancelled=back,
        note=house.notes.stayed,
    )
