"""What a call is about, asked of the model: the summary for the next agent, and a target's yes or no."""

from __future__ import annotations

from collections.abc import Sequence

from groq import AsyncGroq
from pydantic import BaseModel, ConfigDict

from agents.groq.breaker import Breaker
from agents.groq.errors import as_livekit_error
from agents.groq.llm.structured import ask_structured
from errors import SummaryFailed
from persistence.records import SummarySource, Turn
from settings import GroqSettings
from transfer.ports import Summary
from transfer.protocol import Brief, SummaryNote

MATTER_WORDS, DONE_WORDS, WANTED_WORDS, MOOD_WORDS, FACTS_WORDS = 40, 50, 50, 5, 50
"""Under 200 words together, whatever the model writes."""

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


class GroqSummarizer:
    """`transfer.ports.Summarizer` over the process's client. `prompt` says how; the transcript is data."""

    def __init__(
        self,
        client: AsyncGroq,
        settings: GroqSettings,
        prompt: str,
        *,
        limit_s: float | None = None,
        breaker: Breaker | None = None,
    ) -> None:
        """`limit_s` is how long an answer is of use: both models get a share of it."""
        self._client, self._settings, self._prompt = client, settings, prompt
        self._limit_s = limit_s or settings.answer_limit_s
        self._breaker = breaker or Breaker(settings)

    async def summarize(self, turns: Sequence[Turn], *, reason: str) -> Summary:
        """Ask the summary model, and the chat model where that fails. Raises: SummaryFailed."""
        said = [{"speaker": turn.speaker, "text": turn.text} for turn in turns]
        try:
            told = await ask_structured(
                _Summary,
                self._client,
                name="summary",
                models=(self._settings.summary_model, self._settings.chat_model),
                instructions=self._prompt,
                data={"reason": reason, "transcript": said},
                limit_s=self._limit_s,
                breaker=self._breaker,
            )
        except Exception as error:
            raise SummaryFailed(str(as_livekit_error(error))) from error
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


class Screener:
    """Asks the model whether a call belongs to a role. `prompt` says how; the brief is data."""

    def __init__(
        self,
        client: AsyncGroq,
        settings: GroqSettings,
        prompt: str,
        *,
        limit_s: float | None = None,
        breaker: Breaker | None = None,
    ) -> None:
        """`limit_s` is how long an answer is of use: both models get a share of it."""
        self._client, self._settings, self._prompt = client, settings, prompt
        self._limit_s = limit_s or settings.answer_limit_s
        self._breaker = breaker or Breaker(settings)

    async def screen(
        self, instructions: str, brief: Brief, summary: SummaryNote | None = None
    ) -> tuple[bool, str]:
        """Answer yes or no for the role of `instructions`, and why. Raises: SummaryFailed: that is no yes."""
        data = {"brief": brief.model_dump(), "summary": summary.model_dump() if summary else None}
        try:
            told = await ask_structured(
                _Screening,
                self._client,
                name="screening",
                models=(self._settings.summary_model, self._settings.chat_model),
                instructions=f"{self._prompt.strip()}\n\n{instructions.strip()}",
                data=data,
                limit_s=self._limit_s,
                breaker=self._breaker,
            )
        except Exception as error:
            raise SummaryFailed(str(as_livekit_error(error))) from error
        return told.accept, _cut(told.reason, MATTER_WORDS)


def _clause(matter: str) -> str:
    """Keep what completes "I understand that …", should the model have written the whole sentence."""
    words = _cut(matter, MATTER_WORDS + len(_LEAD_IN.split()))
    if words.lower().startswith(_LEAD_IN):
        words = words[len(_LEAD_IN) :]
    return _cut(words, MATTER_WORDS).rstrip(" .!…")


def _facts(facts: Sequence[_Fact]) -> dict[str, str]:
    """As many as fit, whole: half an order number is worse than none."""
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
