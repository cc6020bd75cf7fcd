"""Which ears a script has, and those that know its lines by their sound."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping

from local.espeak import SpokenVoice
from local.groq_standin.script import Script
from local.groq_standin.speech.known_lines import KnownLines
from local.groq_standin.speech.recognition import Ears, Recognition, Recognizer
from local.groq_standin.speech.written_words import as_whisper_writes
from local.speech import CALLER, Samples


def ears_for(script: Script, names: Mapping[str, str] | None = None) -> Ears:
    """`names`: the roles' spoken names, by role. Raises: BadInput, as the recognizer does."""
    return LineRecognizer(script) if script.hears == "lines" else Recognizer(script, names)


class LineRecognizer:
    """Hears the script's lines in the callers' voices. Takes about 10 ms for a second of sound."""

    def __init__(self, script: Script) -> None:
        self._known = KnownLines(_lines(script))

    async def recognize(self, samples: Samples) -> Recognition:
        """Recognize 16-bit mono samples at 16,000 Hz."""
        words = await asyncio.to_thread(self._known.words_in, samples)
        return Recognition(as_whisper_writes(words), 1.0 if words else 0.0)


def _lines(script: Script) -> Mapping[str, set[SpokenVoice]]:
    """Each part of a line, and the voices that say it."""
    lines: dict[str, set[SpokenVoice]] = defaultdict(set)
    for line in script.caller_lines():
        for part in line.parts:
            lines[part].add(script.voices[line.voice].spoken if line.voice else CALLER)
    for role in script.roles.values():
        for exchange in role.exchanges:
            for pattern in exchange.patterns:
                if pattern not in lines:
                    lines[pattern].add(CALLER)
    return lines
