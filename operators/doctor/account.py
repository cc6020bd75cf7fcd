"""Looks at the key's account: whether every voice speaks and is understood, and how many calls it carries.

It spends a little of the key's limits, and says how much: one short sentence for each voice, spoken and
heard, and a chat request of a few tokens.
"""

from __future__ import annotations

from collections.abc import Mapping

from agents.groq.capacity import carried
from agents.groq.client import make_client
from agents.groq.errors import API_KEY
from agents.groq.rate_limits import Left
from agents.groq.trial import Trial, VoiceFault
from agents.roster.roster import load_roster
from errors import Mistakes, OutOfReach
from settings import Settings


class AccountCheck:
    """Two checks. The second uses what the first has seen, so that nothing is asked twice."""

    def __init__(self) -> None:
        self._limits: dict[str, Mapping[str, Left]] = {}

    async def check_speech(self, settings: Settings) -> str:
        """Raises: BadInput, with a mistake for each voice that is at fault."""
        roster = load_roster(settings.worker.roster_folder, voices=settings.groq.voices.split())
        voices = sorted({role.voice for role in roster.roles.values()})
        mistakes = Mistakes()
        async with make_client(settings.groq, settings.groq_access) as client:
            trial = Trial(client, settings.groq, self._limits)
            for voice in voices:
                try:
                    await trial.hear(voice, await trial.speak(voice))
                except VoiceFault as bad:
                    mistakes.add(bad)
        mistakes.tell()
        return f"{', '.join(voices)}: spoken, and understood; {trial.spent()}"

    async def check_limits(self, settings: Settings) -> str:
        """Raises: BadInput; OutOfReach, if the headers tell no limits."""
        async with make_client(settings.groq, settings.groq_access) as client:
            trial = Trial(client, settings.groq, self._limits)
            await trial.chat()
        if (found := carried(settings.groq, self._limits)) is None:
            right = "look at console.groq.com/settings/limits"
            raise OutOfReach(API_KEY, "Groq's answers do not tell its limits", right)
        return f"{found}; {trial.spent()}"
