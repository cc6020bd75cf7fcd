"""The lines that a holder says during a handoff, with the names filled in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from livekit.agents import tokenize

from agents.roster.checked import fill
from agents.roster.desk import Desk
from agents.roster.role import Role
from agents.roster.roster import Roster
from agents.roster.shared_prompts import HouseLines
from persistence.phones import REASONS, DialState
from persistence.records import HandoffState, RoleName
from transfer.holder.lines import Lines

_SENTENCES = tokenize.blingfire.SentenceTokenizer(min_sentence_len=1)


def lines_for(roster: Roster, holder: Role, target: RoleName, *, asked: bool, on_page: bool = False) -> Lines:
    """Return the holder's lines for this target, which may be the same role in another process.

    `asked`: the caller asked to be put through. Otherwise the role or an operator chose the target.
    `on_page`: the caller can be called back.
    """
    if target == holder.id:
        return _moving(roster, holder)
    spoken, name = holder.spoken_lines, roster.role(target).name
    unasked = spoken.hold_unasked or spoken.hold
    phones, desk, notes = roster.role(target).phones, roster.role(target).desk, roster.house.notes
    offer = note_of_offer = ""
    if on_page and target in call_back_desks(roster, holder):
        offer, note_of_offer = fill(spoken.offer_call_back, target=name), notes.call_back_offered
    elif target in message_desks(roster, holder):
        offer, note_of_offer = fill(spoken.offer_message, target=name), notes.message_offered
    # A person says hello at once, by telephone or from a desk.
    introduction, after_wait = "", "" if phones or desk else spoken.thanks_for_waiting
    if holder.introduction == "full":
        introduction, after_wait = spoken.introduction, spoken.introduction_after_wait or spoken.introduction
    return Lines(
        hold=_sentences(spoken.hold if asked else unasked, name),
        hold_instead=_sentences(spoken.hold_instead or unasked, name),
        introduction=fill(introduction, target=name, holder=holder.name),
        introduction_after_wait=fill(after_wait, target=name, holder=holder.name),
        declined=offer or spoken.returning(HandoffState.DECLINED, target=name),
        unanswered=offer or spoken.returning(HandoffState.UNANSWERED, target=name),
        failed=spoken.returning(HandoffState.FAILED, target=name),
        cancelled=spoken.returning(HandoffState.CANCELLED, target=name),
        because=_because(spoken, name) if phones and not offer else {},
        note=notes.not_transferred,
        note_of_offer=note_of_offer,
    )


def call_back_desks(roster: Roster, holder: Role) -> Sequence[RoleName]:
    """Return the desks that the holder's callers may get to and for which it promises call backs."""
    return [name for name, desk in _desks_ahead(roster, holder).items() if desk.calls_back]


def message_desks(roster: Roster, holder: Role) -> Sequence[RoleName]:
    """Return the desks that the holder's callers may get to and for which it takes messages."""
    return [name for name, desk in _desks_ahead(roster, holder).items() if desk.takes_messages]


def _desks_ahead(roster: Roster, holder: Role) -> Mapping[RoleName, Desk]:
    """Return the desks that the holder's own handoffs may lead to, also through another role.

    A person's handoffs lead to none: no model is there to take the caller's yes.
    """
    found: dict[RoleName, Desk | None] = {}
    for target in holder.transfers_to if holder.desk is None else ():
        here: str | None = target
        while here is not None and here not in found:
            desk = found[RoleName(here)] = roster.role(RoleName(here)).desk
            here = None if desk is None else desk.overflow_to
    return {name: desk for name, desk in found.items() if desk is not None}


def _because(spoken: HouseLines, target: str) -> Mapping[str, str]:
    """Return the lines instead of `declined`, by reason, if the target's people were called by telephone."""
    busy, nobody, none = spoken.phone_busy, spoken.phone_no_answer, spoken.phone_unreachable
    lines = {
        DialState.BUSY: busy,
        DialState.NO_ANSWER: nobody,
        DialState.MACHINE: nobody,
        DialState.SCREENED: nobody,
        DialState.HUNG_UP: nobody,
        DialState.SILENT: nobody,
        DialState.UNREACHABLE: none,
        DialState.WRONG_NUMBER: none,
        DialState.TRUNK_REFUSED: none,
    }
    return {REASONS[state]: fill(line, target=target) for state, line in lines.items()}


def _sentences(line: str, target: str) -> tuple[str, ...]:
    """Split the line into sentences. The name is filled in last: a full stop in it ends no sentence."""
    return tuple(fill(sentence, target=target) for sentence in _SENTENCES.tokenize(line))


def _moving(roster: Roster, holder: Role) -> Lines:
    """Return the lines for a move to another process: the caller should notice no more than a pause."""
    one_moment, back = holder.spoken_lines.one_moment, holder.spoken_lines.thanks
    return Lines(
        hold=(one_moment,),
        hold_instead=(one_moment,),
        introduction="",
        introduction_after_wait="",
        declined=back,
        unanswered=back,
        failed=back,
        cancelled=back,
        because={},
        note=roster.house.notes.stayed,
    )
