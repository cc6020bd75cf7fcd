"""Checks the key's account: whether every voice speaks and is understood, its capacity, and the lines.

The checks spend a little of the key's limits and say how much: one short sentence for each voice, spoken and
transcribed, and a chat request of a few tokens.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from agents.groq.capacity import carried
from agents.groq.client import make_client
from agents.groq.durations import lasting
from agents.groq.errors import API_KEY
from agents.groq.rate_limits import Left
from agents.groq.refusals import BILLING
from agents.groq.trial import Trial, VoiceFault
from agents.groq.tts.pace import needed_s
from agents.process.spoken_prompts import missing_prompts, wanted_of
from agents.roster.roster import load_roster
from errors import BadInput, Mistakes, OutOfReach
from settings import Settings

_SPARE = "until then, the spare voice on this machine speaks in every call"
_MEANWHILE = "a running worker makes the rest in the order in which calls need them"
_UNTIL_THEN = "until then each is spoken live, or by the spare voice on this machine"


class AccountCheck:
    """Three checks. The later ones reuse the limits that the first has seen, to request nothing twice."""

    def __init__(self) -> None:
        self._limits: dict[str, Mapping[str, Left]] = {}

    async def check_speech(self, settings: Settings) -> str:
        """Speak and transcribe a sentence in each voice. Raises: BadInput, with a mistake per bad voice."""
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
                except BadInput as bad:
                    raise type(bad)(bad.where, bad.wrong, f"{bad.right}; {_SPARE}") from bad
        mistakes.tell()
        return f"{', '.join(voices)}: spoken, and understood; {trial.spent()}"

    async def check_limits(self, settings: Settings) -> str:
        """Check that the limits allow a call. Raises: BadInput; OutOfReach, if the headers have no limits."""
        async with make_client(settings.groq, settings.groq_access) as client:
            trial = Trial(client, settings.groq, self._limits)
            await trial.chat()
        if (found := carried(settings.groq, self._limits)) is None:
            right = "look at console.groq.com/settings/limits"
            raise OutOfReach(API_KEY, "Groq's answers do not state its limits", right)
        if found.at_once < 1:
            wrong = f"its limits are too low for even one call ({found.bound_by})"
            raise BadInput(API_KEY, wrong, f"choose a larger plan at {BILLING}")
        return f"{found}; {trial.spent()}"

    async def check_lines(self, settings: Settings) -> str:
        """Return how many prepared lines exist, and how long the rest takes. A missing line is no error."""
        roster = load_roster(settings.worker.roster_folder, voices=settings.groq.voices.split())
        every = len(wanted_of(settings, roster))
        missing = [text for _, text in await asyncio.to_thread(missing_prompts, settings, roster)]
        if not missing:
            return f"all {every} are there"
        model, told = settings.groq.speaking_model, self._limits.get(settings.groq.speaking_model, {})
        within = f", within {lasting(needed_s(missing, model, told))} at the key's limits" if told else ""
        return f"{every - len(missing)} of {every} are there; {_MEANWHILE}{within}; {_UNTIL_THEN}"
