"""Asks the model for the summary that the next agent gets, and whether a target accepts a call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from groq import AsyncGroq
from pydantic import BaseModel, ConfigDict

from agents.groq.breaker import Breaker
from agents.groq.livekit_errors import as_livekit_error
from agents.groq.llm.structured import ask_structured
from errors import SummaryFailed
from persistence.records import SummarySource, Turn
from settings import GroqSettings
from transfer.ports import Summary
from transfer.protocol import Brief, SummaryNote

MATTER_WORDS, DONE_WORDS, WANTED_WORDS, MOOD_WORDS, FACTS_WORDS = 40, 50, 50, 5, 50
"""Word limits, under 200 in total, whatever the model writes."""

S = TypeVar("S", bound="_Shape")

_LEAD_IN = "i understand that"
_NO_MATTER = "the model did not say what the call is about"


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Fact(_Shape):
    name: str
    value: str


class _Summary(_Shape):
    matter: str
    done: str
    wanted: str
    mood: str
    facts: tuple[_Fact, ...]


class _Screening(_Shape):
    accept: bool
    reason: str


class _Question:
    """A question to the summary model, then to the chat model if that fails. `prompt`: the instructions."""

    def __init__(
        self,
        client: AsyncGroq,
        settings: GroqSettings,
        prompt: str,
        *,
        limit_s: float | None = None,
        breaker: Breaker | None = None,
    ) -> None:
        """`limit_s` is the total timeout in seconds, shared between both models."""
        self._client, self._settings, self._prompt = client, settings, prompt
        self._limit_s = limit_s or settings.answer_limit_s
        self._breaker = breaker or Breaker(settings)

    async def _ask(self, shape: type[S], *, name: str, instructions: str, data: Mapping[str, Any]) -> S:
        """Raises: SummaryFailed."""
        try:
            return await ask_structured(
                shape,
                self._client,
                name=name,
                models=(self._settings.summary_model, self._settings.chat_model),
                instructions=instructions,
                data=data,
                limit_s=self._limit_s,
                breaker=self._breaker,
            )
        except Exception as error:
            raise SummaryFailed(str(as_livekit_error(error))) from error


class GroqSummarizer(_Question):
    """Implements `transfer.ports.Summarizer`. `prompt` holds the instructions; the transcript is data."""

    async def summarize(self, turns: Sequence[Turn], *, reason: str) -> Summary:
        """Ask the summary model, then the chat model if that fails. Raises: SummaryFailed."""
        said = [{"speaker": turn.speaker, "text": turn.text} for turn in turns]
        data = {"reason": reason, "transcript": said}
        told = await self._ask(_Summary, name="summary", instructions=self._prompt, data=data)
        matter = _clause(told.matter)
        if not matter:
            raise SummaryFailed(_NO_MATTER)
        return Summary(
            matter=matter,
            done=_cut(told.done, DONE_WORDS),
            wanted=_cut(told.wanted, WANTED_WORDS),
            mood=_cut(told.mood, MOOD_WORDS),
            facts=_facts(told.facts),
            source=SummarySource.MODEL,
        )


class Screener(_Question):
    """Asks the model whether a call belongs to a role. `prompt` holds the instructions; the brief is data."""

    async def screen(
        self, instructions: str, brief: Brief, summary: SummaryNote | None = None
    ) -> tuple[bool, str]:
        """Return whether the role of `instructions` accepts the call, and why.

        Raises: SummaryFailed, which does not count as a yes.
        """
        data = {"brief": brief.model_dump(), "summary": summary.model_dump() if summary else None}
        instructions = f"{self._prompt.strip()}\n\n{instructions.strip()}"
        told = await self._ask(_Screening, name="screening", instructions=instructions, data=data)
        return told.accept, _cut(told.reason, MATTER_WORDS)


def _clause(matter: str) -> str:
    """Drop the lead-in "I understand that …", in case the model wrote the whole sentence."""
    words = _cut(matter, MATTER_WORDS + len(_LEAD_IN.split()))
    if words.lower().startswith(_LEAD_IN):
        words = words[len(_LEAD_IN) :]
    return _cut(words, MATTER_WORDS).rstrip(" .!…")


def _facts(facts: Sequence[_Fact]) -> dict[str, str]:
    """Keep as many whole facts as fit: half an order number is worse than none."""
    kept: dict[str, str] = {}
    left = FACTS_WORDS
    for fact in facts:
        left -= len(f"{fact.name} {fact.value}".split())
        if left < 0:
            break
        kept[fact.name] = fact.value
    return kept


def _cut(words: str, most: int) -> str:
    return " ".join(words.split()[:most])
