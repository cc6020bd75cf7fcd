"""The espeak-ng library, through ctypes: speech, and the sounds of words in the phonetic alphabet (IPA)."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from typing import Any

import espeakng_loader
import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16]

_OUTPUT_SYNCHRONOUS = 2  # from speak_lib.h, like the numbers below
_CHARS_UTF8 = 1
_IPA = 2
_WORD = 1
_RATE, _PITCH, _RANGE = 1, 3, 4
_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


@dataclass(frozen=True, slots=True)
class SpokenVoice:
    """An espeak-ng voice: language and variant, words a minute, pitch and pitch range (0 to 99)."""

    name: str
    words_per_minute: int = 160
    pitch: int = 50
    pitch_range: int = 50

    def speaking(self, language: str) -> SpokenVoice:
        """Return the same voice in another language."""
        _, plus, variant = self.name.partition("+")
        return replace(self, name=f"{language}{plus}{variant}")


class _Identity(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8))


class _Event(ctypes.Structure):
    """What the library reports while it speaks: espeak_EVENT of speak_lib.h."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Identity),
    )


@dataclass(frozen=True, slots=True)
class SpokenWord:
    """One or more words of a text that are spoken as one, and when they begin, in milliseconds."""

    text: str
    start_ms: int


class _Espeak:
    """The library's state is global: one instance per process, used by one thread at a time."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        self._library.espeak_TextToPhonemes.restype = ctypes.c_char_p
        self._heard: list[bytes] = []
        self._words: list[tuple[int, int]] = []  # each word's place in the text, and its start in ms
        self._callback = _CALLBACK(self._take)  # keeps a reference: the library calls it
        data = espeakng_loader.get_data_path().encode()
        self.sample_rate: int = self._library.espeak_Initialize(_OUTPUT_SYNCHRONOUS, 0, data, 0)
        if self.sample_rate <= 0:
            raise RuntimeError("espeak-ng did not start")
        self._library.espeak_SetSynthCallback(self._callback)

    def _take(self, samples: Any, count: int, events: int) -> int:
        if samples and count > 0:
            self._heard.append(ctypes.string_at(samples, count * 2))
        while events and (event := _Event.from_address(events)).type:
            if event.type == _WORD:
                self._words.append((event.text_position - 1, event.audio_position))
            events += ctypes.sizeof(_Event)
        return 0

    def say(self, text: str, voice: SpokenVoice) -> Samples:
        self._use(voice.name)
        for parameter, value in (
            (_RATE, voice.words_per_minute),
            (_PITCH, voice.pitch),
            (_RANGE, voice.pitch_range),
        ):
            self._library.espeak_SetParameter(parameter, value, 0)
        self._heard.clear()
        self._words.clear()
        written = _written(text)
        self._library.espeak_Synth(written, len(written) + 1, 0, 0, 0, _CHARS_UTF8, None, None)
        self._library.espeak_Synchronize()
        return np.frombuffer(b"".join(self._heard), np.int16)

    def words(self, text: str, voice: SpokenVoice) -> tuple[SpokenWord, ...]:
        """Return when each word of the text begins if this voice says it."""
        self.say(text, voice)
        places = [*(place for place, _ in self._words), len(text)]
        times = [ms for _, ms in self._words]
        return tuple(
            SpokenWord(text[place:end].strip(), ms)
            for (place, end), ms in zip(pairwise(places), times, strict=True)
        )

    def sounds(self, text: str, language: str) -> str:
        """Return the text's pronunciation in IPA."""
        self._use(language)
        written = ctypes.create_string_buffer(_written(text))
        place = ctypes.c_void_p(ctypes.addressof(written))
        clauses = []
        while place.value:
            clause = self._library.espeak_TextToPhonemes(ctypes.byref(place), _CHARS_UTF8, _IPA)
            clauses.append(clause.decode(errors="replace"))
        return " ".join(clauses)

    def _use(self, voice: str) -> None:
        """Select a voice, English if its language is missing. Raises: ValueError (no such variant)."""
        _, plus, variant = voice.partition("+")
        for name in (voice, f"en{plus}{variant}"):
            if self._library.espeak_SetVoiceByName(name.encode()) == 0:
                return
        raise ValueError(f"espeak-ng has no voice {voice}")


def _written(text: str) -> bytes:
    """Encode text for the library: without NUL, which would end it, and without half characters."""
    return text.replace("\0", " ").encode(errors="replace")


_lock = threading.Lock()
_only = cache(_Espeak)


@contextmanager
def espeak() -> Iterator[_Espeak]:
    """Yield the library, for this thread alone."""
    with _lock:
        yield _only()
