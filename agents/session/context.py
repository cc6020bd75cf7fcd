"""What an agent knows before it speaks: facts, and a colleague's brief. Data, never instruction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from livekit.agents.llm import ChatContext

from agents.roster.role import Role
from agents.roster.shared_prompts import NoteWords, fill
from transfer.protocol import Brief, SummaryNote


def facts_of(role: Role, attributes: Mapping[str, str]) -> dict[str, str]:
    """What a role may know of a caller's attributes: those that it names."""
    return {name: attributes[name] for name in role.facts if name in attributes}


def context_with_facts(words: NoteWords, facts: Mapping[str, str]) -> ChatContext:
    """The context of an agent that answers a call."""
    return _noted([facts_text(words, facts)] if facts else [])


def context_with_brief(
    words: NoteWords, brief: Brief, summary: SummaryNote | None, facts: Mapping[str, str]
) -> ChatContext:
    """The context of an agent that takes a call over."""
    parts = [
        fill(words.colleague, role=brief.from_role),
        f"{words.matter} {(summary and summary.matter) or brief.reason}",
    ]
    if summary:
        parts.append(f"{words.summary} {summary.words}")
    if facts:
        parts.append(facts_text(words, facts))
    if brief.notes:
        parts.append(notes_text(words, *brief.notes))
    if brief.turns:
        parts.append("\n".join([words.said, *(f"{turn.speaker}: {turn.text}" for turn in brief.turns)]))
    return _noted(parts)


def notes_text(words: NoteWords, *notes: str) -> str:
    """What operators want the agent to know, under its heading."""
    return "\n".join([words.operator, *(f"- {note}" for note in notes)])


def _noted(parts: Sequence[str]) -> ChatContext:
    context = ChatContext.empty()
    if parts:
        context.add_message(role="system", content="\n\n".join(parts))
    return context


def facts_text(words: NoteWords, facts: Mapping[str, str]) -> str:
    """The facts as a model is told them."""
    return "\n".join([words.facts, *(f"- {name}: {value}" for name, value in facts.items())])
