"""Speech to text for the script's callers: pocketsphinx with the script's own words. No other voice is understood."""

from __future__ import annotations

import asyncio
import re
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pocketsphinx import Decoder, get_model_path

from local.speech import Samples
from local.standin.language import arpa, dictionary
from local.standin.script import Script, words_of

SAMPLE_RATE = 16_000
_EDGE = np.zeros(SAMPLE_RATE // 10, np.int16)
"""Silence put at both ends, where the audio was cut close: the first and last sound would be lost without it."""
_LANGUAGE_WEIGHT = 8.0
_I = re.compile(r"\bi\b")


@dataclass(frozen=True, slots=True)
class Heard:
    """`words` is empty where no speech was found."""

    words: str

    @property
    def text(self) -> str:
        """As Whisper writes it: a sentence after a space; "Thank you." where there is nothing to hear."""
        if not self.words:
            return " Thank you."
        written = _I.sub("I", self.words)
        return f" {written[0].upper()}{written[1:]}."

    @property
    def no_speech_prob(self) -> float:
        return 0.02 if self.words else 0.93

    @property
    def avg_logprob(self) -> float:
        return -0.21 if self.words else -0.88


class Recogniser:
    """One decoder, used by one thread at a time. About 100 ms for a line of speech."""

    def __init__(self, script: Script) -> None:
        """Raises: BadInput, when a line of the script holds a word that has no pronunciation."""
        self._decoder = _decoder(script)
        self._turn = asyncio.Lock()
        self._in_use = threading.Lock()  # a cancelled caller's thread goes on to its end

    async def recognise(self, samples: Samples) -> Heard:
        """`samples` are 16-bit mono at SAMPLE_RATE. A caller who is cancelled while waiting costs nothing."""
        async with self._turn:
            return await asyncio.to_thread(self._decode, samples)

    def _decode(self, samples: Samples) -> Heard:
        decoder = self._decoder
        if decoder is None:
            return Heard("")
        with self._in_use:
            decoder.start_utt()
            try:
                audio = np.concatenate([_EDGE, samples, _EDGE])
                decoder.process_raw(audio.tobytes(), no_search=False, full_utt=True)
            finally:
                decoder.end_utt()
            found = decoder.hyp()
        return Heard(found.hypstr if found else "")


def _decoder(script: Script) -> Decoder | None:
    """None where the script has no line to be heard."""
    lines = script.heard_lines()
    words = [line for line in map(words_of, lines.values()) if line]
    if not words:
        return None
    with tempfile.TemporaryDirectory() as folder:
        model, spoken = Path(folder, "script.arpa"), Path(folder, "script.dict")
        spoken.write_text(dictionary(lines, script.pronounce), encoding="utf-8")
        model.write_text(arpa(words), encoding="utf-8")
        return Decoder(
            hmm=get_model_path("en-us/en-us"),
            lm=str(model),
            dict=str(spoken),
            lw=_LANGUAGE_WEIGHT,
            samprate=SAMPLE_RATE,
            loglevel="FATAL",
        )
