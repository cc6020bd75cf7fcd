"""The model's context before an agent speaks: our instructions, and what people said, kept apart as data."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from livekit.agents.llm import ChatContext

from agents.roster.checked import fill
from agents.roster.model_words import NoteWords
from agents.roster.role import Role
from persistence.numbers import shown_number
from transfer.protocol import LONGEST_TURN, Brief, Fact, SaidTurn, SummaryNote, one_line

_OF_TRUNK = "sip."
_NUMBER = "sip.phoneNumber"


@dataclass(frozen=True, slots=True)
class Data:
    """What people said, and the caller's facts. None of it is our text, so none of it can be a heading."""

    matter: str = ""
    summary: str = ""
    facts: Mapping[str, Fact] = field(default_factory=dict)
    turns: Sequence[SaidTurn] = ()


def facts_of(role: Role, attributes: Mapping[str, str]) -> dict[str, Fact]:
    """Return the caller's attributes that the role asks for by name.

    They come from the caller's token, which we signed, or, for a call by telephone, from the trunk.
    """
    asked = ((name, attributes[name]) for name in role.facts if name in attributes)
    return {
        name: Fact(value=value, source="trunk" if name.startswith(_OF_TRUNK) else "token")
        for name, value in asked
        if name != _NUMBER or shown_number(value)
    }


def context_with_facts(words: NoteWords, facts: Mapping[str, Fact]) -> ChatContext:
    """Return the context of an agent that answers a call."""
    return system_context(words, [], Data(facts=facts))


def context_with_brief(
    words: NoteWords, brief: Brief, summary: SummaryNote | None, facts: Mapping[str, Fact]
) -> ChatContext:
    """Return the context of an agent that takes over a call."""
    parts = [fill(words.colleague, role=brief.from_role)]
    if notes := ((brief.reason,) if brief.reason_is_private else ()) + brief.notes:
        parts.append(notes_text(words, *notes))
    data = Data(
        matter=(summary and summary.matter) or brief.reason,
        summary=summary.words if summary else "",
        facts=facts,
        turns=brief.turns,
    )
    return system_context(words, parts, data)


def notes_text(words: NoteWords, *notes: str) -> str:
    """Return operators' notes to the agent, under their heading."""
    return "\n".join([words.operator, *(f"- {one_line(note, LONGEST_TURN)}" for note in notes)])


def supervised_text(words: NoteWords, turns: Sequence[SaidTurn]) -> str:
    """Return what was said while a supervisor spoke in the agent's place, under its heading."""
    return f"{words.supervised}\n\n{_as_json(words, Data(turns=turns))}"


def system_context(words: NoteWords, told: Sequence[str], data: Data) -> ChatContext:
    """Return a context of two messages: our text for the agent, and the data, as JSON."""
    context = ChatContext.empty()
    written = _as_json(words, data)
    told = [*told, words.data] if written else told
    if told:
        context.add_message(role="system", content="\n\n".join(told))
    if written:
        context.add_message(role="system", content=written)
    return context


def told_facts(facts: Mapping[str, Fact]) -> str:
    """Return the facts as JSON, each with its source."""
    return json.dumps([_fact(name, fact) for name, fact in facts.items()], ensure_ascii=False)


def _as_json(words: NoteWords, data: Data) -> str:
    """Return the data as JSON under the house's headings; empty if there is none."""
    found: dict[str, Any] = {
        words.matter: one_line(data.matter, LONGEST_TURN),
        words.summary: one_line(data.summary, LONGEST_TURN),
        words.facts: [_fact(name, fact) for name, fact in data.facts.items()],
        words.said: [
            {"speaker": turn.speaker, "text": one_line(turn.text, LONGEST_TURN)} for turn in data.turns
        ],
    }
    kept = {heading.rstrip(": "): value for heading, value in found.items() if value}
    return json.dumps(kept, ensure_ascii=False) if kept else ""


def _fact(name: str, fact: Fact) -> dict[str, str]:
    return {"name": one_line(name), "value": fact.value, "source": fact.source}
