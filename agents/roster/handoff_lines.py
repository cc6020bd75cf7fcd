"""The lines that a holder says during a handoff, with the names filled in."""

from __future__ import annotations

from agents.roster.role import Role
from agents.roster.roster import Roster
from agents.roster.shared_prompts import fill
from persistence.records import HandoffState, RoleName
from transfer.holder.lines import Lines


def lines_for(roster: Roster, holder: Role, target: RoleName, *, asked: bool) -> Lines:
    """The holder's lines for this target, which may be the same role in another process.

    `asked`: the caller asked to be put through. Otherwise the role or an operator chose the target.
    """
    if target == holder.id:
        return _moving(roster, holder)
    spoken, name = holder.spoken_lines, roster.role(target).name
    unasked = spoken.hold_unasked or spoken.hold
    return Lines(
        hold=fill(spoken.hold if asked else unasked, target=name),
        hold_instead=fill(spoken.hold_instead or unasked, target=name),
        introduction=fill(spoken.introduction, target=name, holder=holder.name),
        introduction_after_wait=fill(
            spoken.introduction_after_wait or spoken.introduction, target=name, holder=holder.name
        ),
        declined=spoken.returning(HandoffState.DECLINED, target=name),
        unanswered=spoken.returning(HandoffState.UNANSWERED, target=name),
        failed=spoken.returning(HandoffState.FAILED, target=name),
        cancelled=spoken.returning(HandoffState.CANCELLED, target=name),
        note=roster.house.notes.not_transferred,
    )


def _moving(roster: Roster, holder: Role) -> Lines:
    """The lines for a move to another process: the caller should notice no more than a pause."""
    one_moment, back = holder.spoken_lines.one_moment, holder.spoken_lines.thanks
    return Lines(
        hold=one_moment,
        hold_instead=one_moment,
        introduction="",
        introduction_after_wait="",
        declined=back,
        unanswered=back,
        failed=back,
        cancelled=back,
        note=roster.house.notes.stayed,
    )
