"""Chooses what an agent says first when it recovers a call. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agents.jobs.call_memory import Memory
from agents.roster.role import Role
from agents.roster.shared_prompts import HouseLines
from persistence.records import CALLER, OPERATOR, Turn


@dataclass(frozen=True, slots=True)
class FirstWords:
    """One honest line, then either a second one or, with `reply`, an answer to the caller's last words."""

    line: str
    then: str | None = None
    reply: bool = False


def first_words(role: Role, lines: HouseLines, turns: Sequence[Turn], memory: Memory) -> FirstWords:
    """Return what the lost agent owed the caller. Ask again only for what may have been lost."""
    if memory.open_handoff is not None:
        return FirstWords(lines.recovered)
    if not turns:
        return FirstWords(lines.recovered, then=role.greeting)
    last = next((turn.speaker for turn in reversed(turns) if turn.speaker != OPERATOR), role.id)
    if last == CALLER:
        return FirstWords(lines.recovered, reply=True)
    if last == role.id:
        return FirstWords(lines.recovered_listening)
    # The lost agent had just taken the call over, and had not introduced itself.
    matter = memory.summary.matter if memory.summary else ""
    again = any(turn.speaker == role.id for turn in turns)
    return FirstWords(lines.recovered, then=role.opening_line(matter, again=again))
