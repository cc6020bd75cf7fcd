"""Speech recognition: the script's lines by their sound, and otherwise pocketsphinx.

pocketsphinx is limited to the words of the script and to names of roles.
"""

from __future__ import annotations

import asyncio
import re
import tempfile
import threading
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from pocketsphinx import Decoder, get_model_path

from agents.audio.espeak import SpokenVoice
from local.groq_standin.script import Script, words_of
from local.groq_standin.speech.known_lines import KnownLines
from local.groq_standin.speech.language_model import Language
from local.groq_standin.speech.written_words import as_whisper_writes
from local.speech import CALLER, Samples, at_speed

SAMPLE_RATE = 16_000
_EDGE = np.zeros(SAMPLE_RATE // 4, np.int16)
"""Silence added at both ends: tightly cut audio would lose its first and last sound."""
_LANGUAGE_WEIGHT = (
    12.0  # with the next value and those of language_model.py: the fewest word errors of all values tried
)
_NOISE_WORDS = 1e-60  # practically never: a short final word would be recognized as noise
_FRAME = SAMPLE_RATE // 100
_LOUD = 250.0  # RMS of an audible frame
_SPEECH = 0.65
"""If words cover less than this share of the audible frames, the audio is noise or music."""
_SURELY_KNOWN = 0.95
"""If lines of the script clearly cover this share of the audible sound, pocketsphinx is not used."""
_I = re.compile(r"\bi\b")


class SpeechRecognizer(Protocol):
    """Recognizes callers, in this process or in separate ones."""

    async def recognize(self, samples: Samples) -> Recognition: ...


@dataclass(frozen=True, slots=True)
class Recognition:
    """`words` is empty without speech; `covered` is the share of audible frames within words."""

    words: str = ""
    covered: float = 0.0

    @property
    def text(self) -> str:
        """The text in Whisper's format: a sentence after a space; "Thank you." for silence."""
        if not self.words:
            return " Thank you."
        written = _I.sub("I", self.words)
        return f" {written[0].upper()}{written[1:]}."

    @property
    def no_speech_prob(self) -> float:
        return round(min(0.97, max(0.01, 1 - self.covered)), 3)

    @property
    def avg_logprob(self) -> float:
        return -0.21 if self.words else -0.88


class Recognizer:
    """One decoder, used by one thread at a time.

    A line of the script, or part of it, in its caller's voice is recognized by its sound, which takes 20 ms.
    Anything else takes about 100 ms, unless the script hears only its lines.
    """

    def __init__(self, script: Script, language: Language | None) -> None:
        """`language`: what may be heard in addition to the script's lines by their sound; None: nothing."""
        self._known = KnownLines(_voices_of_lines(script))
        self._lines_alone = script.hears == "lines"
        self._decoder = None if language is None else _decoder(language)
        self._turn = asyncio.Lock()
        self._in_use = threading.Lock()  # the thread of a cancelled request runs to its end

    async def recognize(self, samples: Samples) -> Recognition:
        """Recognize 16-bit mono samples at SAMPLE_RATE. Cancelling while queued costs nothing."""
        async with self._turn:
            return await asyncio.to_thread(self.decode, samples)

    def decode(self, samples: Samples) -> Recognition:
        """Recognize as `recognize` does, but block the calling thread."""
        known = self._known.hear(samples)
        if self._lines_alone:
            return Recognition(as_whisper_writes(known.words), 1.0 if known.words else 0.0)
        if known.words and known.covered >= _SURELY_KNOWN:
            return Recognition(" ".join(words_of(known.words)), known.covered)
        return self._decode(samples)

    def _decode(self, samples: Samples) -> Recognition:
        decoder = self._decoder
        if decoder is None:
            return Recognition()
        with self._in_use:
            audio = np.concatenate([_EDGE, samples, _EDGE])
            decoder.start_utt()
            try:
                decoder.process_raw(audio.tobytes(), no_search=False, full_utt=True)
            finally:
                decoder.end_utt()
            found = decoder.hyp()
            covered = _covered(decoder, audio)
        return (
            Recognition(found.hypstr, covered)
            if found and covered >= _SPEECH
            else Recognition(covered=covered)
        )


def _voices_of_lines(script: Script) -> Mapping[str, set[SpokenVoice]]:
    """Return the voices that may say each line, or part of a line."""
    lines: dict[str, set[SpokenVoice]] = defaultdict(set)
    for line in script.caller_lines():
        for part in line.parts:
            lines[part].add(script.voices[line.voice].spoken if line.voice else CALLER)
    for text in script.heard_lines():
        if text not in lines:
            lines[text] |= {CALLER, at_speed(CALLER, script.pace)}
    return lines


def _covered(decoder: Decoder, audio: Samples) -> float:
    """Return the share of audible frames within words, 0 to 1."""
    frames = audio[: len(audio) // _FRAME * _FRAME].reshape(-1, _FRAME).astype(np.float64)
    loud = np.sqrt(np.mean(frames**2, axis=1)) > _LOUD
    spoken = np.zeros(len(loud), np.bool_)
    for segment in decoder.seg() or ():
        if segment.word[0] not in "<[":  # <s>, <sil>, [NOISE] and the like are not words
            spoken[segment.start_frame : segment.end_frame + 1] = True
    return float(np.sum(loud & spoken) / max(1, np.sum(loud)))


def _decoder(language: Language) -> Decoder:
    with tempfile.TemporaryDirectory() as folder:
        model, spoken = Path(folder, "script.arpa"), Path(folder, "script.dict")
        spoken.write_text(language.dictionary, encoding="utf-8")
        model.write_text(language.model, encoding="utf-8")
        return Decoder(
            hmm=get_model_path("en-us/en-us"),
            lm=str(model),
            dict=str(spoken),
            lw=_LANGUAGE_WEIGHT,
            fillprob=_NOISE_WORDS,
            cmn="batch",  # per utterance: independent of earlier audio
            samprate=SAMPLE_RATE,
            loglevel="FATAL",
        )
