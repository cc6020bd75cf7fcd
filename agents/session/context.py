"""The model's context before an agent speaks: facts, and a colleague's brief. Data, never instructions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from livekit.agents.llm import ChatContext

from agents.roster.role import Role
from agents.roster.shared_prompts import NoteWords, fill
from transfer.protocol import Brief, SummaryNote


def facts_of(role: Role, attributes: Mapping[str, str]) -> dict[str, str]:
    """The caller's attributes that the role asks for by name."""
    return {name: attributes[name] for name in role.facts if name in attributes}


def context_with_facts(words: NoteWords, facts: Mapping[str, str]) -> ChatContext:
    """The context of an agent that answers a call."""
    return _system_context([facts_text(words, facts)] if facts else [])


def context_with_brief(
    words: NoteWords, brief: Brief, summary: SummaryNote | None, facts: Mapping[str, str]
) -> ChatContext:
    """The context of an agent that takes over a call."""
    parts = [
        fill(words.colleague, role=brief.from_role),
        f"{words.matter} {(summary and summary.matter) or brief.reason}",
    ]
    if summary:
        parts.append(f"{words.summary} {summary.words}")
    if facts:
        parts.append(facts_text(words, facts))
    if notes := ((brief.reason,) if brief.reason_is_private else ()) + brief.notes:
        parts.append(notes_text(words, *notes))
    if brief.turns:
        parts.append("\n".join([words.said, *(f"{turn.speaker}: {turn.text}" for turn in brief.turns)]))
    return _system_context(parts)


def notes_text(words: NoteWords, *notes: str) -> str:
    """Operators' notes to the agent, under their heading."""
    return "\n".join([words.operator, *(f"- {note}" for note in notes)])


def _system_context(parts: Sequence[str]) -> ChatContext:
    context = ChatContext.empty()
    if parts:
        context.add_message(role="system", content="\n\n".join(parts))
    return context


def facts_text(words: NoteWords, facts: Mapping[str, str]) -> str:
    """The facts, under their heading."""
    return "\n".join([words.facts, *(f"- {name}: {value}" for name, value in facts.items())])
