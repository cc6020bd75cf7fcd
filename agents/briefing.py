"""What an agent knows before it speaks: facts about the caller, and a colleague's brief. Data, never instruction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from livekit.agents.llm import ChatContext

from transfer.protocol import Brief, SaidTurn, SummaryNote


def knowing_facts(facts: Mapping[str, str]) -> ChatContext:
    """The context of an agent that answers a call."""
    context = ChatContext.empty()
    if facts:
        context.add_message(role="system", content=_facts(facts))
    return context


def knowing_brief(brief: Brief, summary: SummaryNote | None) -> ChatContext:
    """The context of an agent that takes a call over."""
    parts = [
        f"Notes from your colleague at {brief.from_role}, who has handed this call to you. The caller has been "
        "introduced to you; your own first words are the next thing in this call.",
        f"The caller's matter: {summary.matter if summary else brief.reason}",
    ]
    if summary:
        parts.append(f"Summary: {summary.words}")
    if facts := {**brief.facts, **(summary.facts if summary else {})}:
        parts.append(_facts(facts))
    if brief.turns:
        parts.append(f"What was said last:\n{_said(brief.turns)}")
    context = ChatContext.empty()
    context.add_message(role="system", content="\n\n".join(parts))
    return context


def _facts(facts: Mapping[str, str]) -> str:
    return "Facts about the caller:\n" + "\n".join(f"- {name}: {value}" for name, value in facts.items())


def _said(turns: Sequence[SaidTurn]) -> str:
    return "\n".join(f"{turn.speaker}: {turn.text}" for turn in turns)
