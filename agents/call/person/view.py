"""Shows a call to a person, and writes the person's words into the call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from agents.call.active_call import ActiveCall
from agents.people.person_words import PersonWords
from agents.roster.roster import Roster
from agents.session.agent_session import make_hearing
from persistence.records import CALLER, RoleName
from transfer.desk_protocol import DeskBrief, DeskFact, DeskWords
from transfer.protocol import Fact, SummaryNote


class Said(Protocol):
    """A turn, from the brief or from the store."""

    @property
    def speaker(self) -> str: ...
    @property
    def text(self) -> str: ...


def brief_of(
    roster: Roster,
    *,
    reason: str,
    summary: SummaryNote | None,
    facts: Mapping[str, Fact],
    turns: Sequence[Said],
    back_to: str,
) -> DeskBrief:
    """Return the brief that the person's page shows. `back_to`: the role that handed over."""
    return DeskBrief(
        matter=(summary and summary.matter) or reason,
        summary=summary.words if summary else "",
        facts=tuple(
            DeskFact(name=name, value=fact.value, source=fact.source) for name, fact in facts.items()
        ),
        turns=tuple(words_of(roster, turn) for turn in turns),
        back_to=_name(roster, back_to),
    )


def words_of(roster: Roster, turn: Said) -> DeskWords:
    return DeskWords(speaker=_name(roster, turn.speaker), words=turn.text)


def hearing_of(call: ActiveCall, speaker: RoleName | None = None) -> PersonWords:
    """Return a transcriber that adds the person's words to the call and shows them to the caller.

    `speaker`: a second person's role; None: the call's role.
    """

    def said(words: str, started_at: int, ended_at: int) -> None:
        call.turns.say(words, started_at, ended_at, speaker=speaker)
        call.captions.show(words)

    return PersonWords(make_hearing(call.process, call.role, answered=False), call.process.clock, said)


def _name(roster: Roster, speaker: str) -> str:
    role = roster.roles.get(RoleName(speaker))
    return "" if speaker == CALLER else role.name if role else speaker
