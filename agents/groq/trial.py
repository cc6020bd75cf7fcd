"""Tries a key: speaks with a voice, transcribes it, and asks the chat model. Counts what it spends.

It uses the API directly, not the session's adapters: a failure here is due to the account, key or a setting.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import TypeVar

from groq import AsyncGroq

from agents.groq.documented_limits import SMALLEST_AUDIO_S
from agents.groq.errors import Fault, fault_of, retry_after_s
from agents.groq.rate_limits import Left, limits_in
from agents.groq.refusals import explain_refusal
from errors import BadInput
from settings import GroqSettings, env_name

T = TypeVar("T")

SENTENCE = "Thank you for calling. How can I help you today?"
"""Common words that no voice and no hearing model should get wrong."""
_ENOUGH = 0.6
"""Share of the sentence's words, in order, that must come back."""
_WORTH_WAITING_S = 15.0
"""If a limit has room again within this time, wait for it, once."""
_WORD = re.compile(r"[a-z']+")


@dataclass
class Trial:
    """The trial of one key. `limits` come from each model's last answer; the counts are what was spent."""

    client: AsyncGroq
    settings: GroqSettings
    limits: dict[str, Mapping[str, Left]] = field(default_factory=dict)
    speech_requests: int = 0
    characters: int = 0
    transcriptions: int = 0
    chat_requests: int = 0

    async def speak(self, voice: str) -> bytes:
        """Speak SENTENCE; return the WAV. Raises: BadInput, with what to do."""

        async def ask() -> bytes:
            self.speech_requests += 1
            self.characters += len(SENTENCE)
            answer = await self.client.audio.speech.with_raw_response.create(
                model=self.settings.speaking_model, voice=voice, input=SENTENCE, response_format="wav"
            )
            self.limits[self.settings.speaking_model] = limits_in(answer.headers)
            return await answer.read()

        try:
            return await self._asked("speaking_model", ask)
        except _NotAccepted as error:
            right = "name voices of the model; console.groq.com/docs/text-to-speech lists them"
            wrong = f"Groq refuses the voice {voice!r}"
            raise VoiceFault(env_name(GroqSettings, "voices"), wrong, right) from error

    async def hear(self, voice: str, wav: bytes) -> str:
        """Transcribe what `voice` said. Raises: BadInput, also when it does not sound like SENTENCE."""

        async def ask() -> str:
            self.transcriptions += 1
            answer = await self.client.audio.transcriptions.with_raw_response.create(
                model=self.settings.hearing_model, file=("speech.wav", wav), language="en"
            )
            self.limits[self.settings.hearing_model] = limits_in(answer.headers)
            return (await answer.parse()).text.strip()

        heard = await self._asked("hearing_model", ask)
        if not sounds_like(heard, SENTENCE):
            wrong = f"the voice {voice!r} said {SENTENCE!r}, and Groq heard {heard!r}"
            right = "listen to the voice at console.groq.com/playground; choose another one if it is at fault"
            raise VoiceFault(env_name(GroqSettings, "speaking_model"), wrong, right)
        return heard

    async def chat(self) -> None:
        """Ask the chat model for a few tokens, to see its limits. Raises: BadInput, with what to do."""

        async def ask() -> None:
            self.chat_requests += 1
            answer = await self.client.chat.completions.with_raw_response.create(
                model=self.settings.chat_model,
                messages=[{"role": "user", "content": "Say yes."}],
                max_completion_tokens=16,
            )
            self.limits[self.settings.chat_model] = limits_in(answer.headers)

        await self._asked("chat_model", ask)

    def spent(self) -> str:
        """Return what this trial used, in words."""
        parts = [
            (self.speech_requests, "speech request", f" with {self.characters} characters"),
            (
                self.transcriptions,
                "transcription",
                f" billed as {SMALLEST_AUDIO_S * self.transcriptions:g} s",
            ),
            (self.chat_requests, "chat request", ""),
        ]
        said = (f"{count} {what}{'s' * (count > 1)}{more}" for count, what, more in parts if count)
        return f"spent: {', '.join(said)}"

    async def _asked(self, field_name: str, ask: Callable[[], Awaitable[T]]) -> T:
        """Ask; wait once for a spent limit. Raises: BadInput; `_NotAccepted` if Groq rejects the request."""
        try:
            try:
                return await ask()
            except Exception as error:
                wait_s = retry_after_s(error)
                if fault_of(error) is not Fault.LIMITED or wait_s is None or wait_s > _WORTH_WAITING_S:
                    raise
                await asyncio.sleep(wait_s)
                return await ask()
        except Exception as error:
            setting, model = env_name(GroqSettings, field_name), str(getattr(self.settings, field_name))
            fault = fault_of(error)
            bad = explain_refusal(error, address=str(self.client.base_url), setting=setting, model=model)
            if fault in {Fault.MISUSED, Fault.VOICE}:
                raise _NotAccepted(bad.where, bad.wrong, bad.right) from error
            raise bad from error


class VoiceFault(BadInput):
    """One voice is at fault, not the account: other voices may work."""


class _NotAccepted(BadInput):
    """Groq accepts the key and the model, but not the request."""


def sounds_like(heard: str, said: str) -> bool:
    """Whether most of the words came back, in their order."""
    wanted, found = _WORD.findall(said.lower()), _WORD.findall(heard.lower())
    same = sum(block.size for block in SequenceMatcher(None, wanted, found).get_matching_blocks())
    return same >= _ENOUGH * len(wanted)
