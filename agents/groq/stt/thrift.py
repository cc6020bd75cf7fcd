"""How much of the account a call's speech recognition may spend: guesses go first when little is left."""

from __future__ import annotations

from dataclasses import dataclass

from agents.groq.budget.budget import Budget, Spend
from agents.groq.budget.day import serving
from settings import GroqSettings


@dataclass(frozen=True, slots=True)
class Thrift:
    """One hearing's."""

    budget: Budget
    settings: GroqSettings

    def may_guess_words(self) -> bool:
        """Whether words may be transcribed before the turn is over."""
        return self.budget.allows(Spend.GUESS, [self._ear])

    def may_guess_reply(self) -> bool:
        """Whether a reply may be prepared before the turn is over. Its speech waits by itself."""
        chat, *_ = serving(self.budget, self.settings)
        if not self.budget.allows(Spend.LARGER_MODEL, [chat]):
            chat = self.settings.second_chat_model
        return self.budget.allows(Spend.GUESS, [chat])

    def share(self) -> float | None:
        """How many transcriptions a minute are this call's share."""
        return self.budget.share_a_minute(self._ear)

    @property
    def _ear(self) -> str:
        return serving(self.budget, self.settings)[1]
