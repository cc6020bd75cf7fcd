"""Decides what a call's speech recognition may spend of the account: guesses stop first if little is left."""

from __future__ import annotations

from dataclasses import dataclass

from agents.groq.budget.budget import Budget, Spend
from agents.groq.budget.day import serving
from settings import GroqSettings


@dataclass(frozen=True, slots=True)
class Thrift:
    """What one `GroqSTT` may spend."""

    budget: Budget
    settings: GroqSettings

    def may_guess_words(self) -> bool:
        """Whether words may be transcribed before the turn is over."""
        return self.budget.allows(Spend.GUESS, [self._ear])

    def may_guess_reply(self) -> bool:
        """Whether a reply may be prepared before the turn is over. Its speech has its own check."""
        chat, *_ = serving(self.budget, self.settings)
        if not self.budget.allows(Spend.LARGER_MODEL, [chat]):
            chat = self.settings.second_chat_model
        return self.budget.allows(Spend.GUESS, [chat])

    def share(self) -> float | None:
        """Return this call's share, in transcriptions a minute; None: not known."""
        return self.budget.share_a_minute(self._ear)

    @property
    def _ear(self) -> str:
        return serving(self.budget, self.settings)[1]
