"""The part `ears`: how each answer is classified by its sound alone, in virtual time.

There is no network, and load has no effect; `machines` does the same through a real telephone. The hearing
and the asking are the product's. The stand-in's recognition answers as late as Groq would.
"""

from __future__ import annotations

import asyncio
import wave
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import looptime
import numpy as np
from groq import AsyncGroq
from livekit import rtc
from pydantic import SecretStr

from agents.audio.vad import RATE
from agents.groq.stt.groq_stt import GroqSTT
from agents.phone.asking import Asking
from agents.phone.ear import PhoneEar
from agents.phone.own_line import OwnLine
from agents.roster.phone_words import PhoneWords
from bench.phone.answers import MACHINES, RATE_HZ, Answer, Answers, Sound, answers
from bench.phone.lines import REASON
from bench.phone.machines import Heard, figures_of_sets
from bench.phone.script import write_script
from local.caller.tape import Samples
from local.demo.progress import Progress
from local.groq_standin.latencies import LIKE_GROQ
from local.groq_standin.script import load_script
from local.groq_standin.speech.recognition import Recognizer
from local.speech import resample
from persistence.phones import DialId, DialState
from settings import CallSettings, GroqSettings, LiveKitSettings

_FRAME = RATE // 50
_CHARACTERS_A_SECOND = 16
_THINKS_S = 0.5
_HELLO = "Hello, I have a caller for the engineer on call."
_WAV_HEADER = 44  # bytes
_NOWHERE = LiveKitSettings(url="ws://127.0.0.1:9", api_key="unused", api_secret=SecretStr("unused"))


async def ears(
    progress: Progress, folder: Path, *, sets: Sequence[str], kinds: Sequence[str], share: tuple[int, int]
) -> dict[str, object]:
    return await asyncio.to_thread(_in_virtual_time, progress, folder, sets, kinds, share)


def _in_virtual_time(
    progress: Progress, folder: Path, sets: Sequence[str], kinds: Sequence[str], share: tuple[int, int]
) -> dict[str, object]:
    made, (place, of) = answers(), share
    recognizer = Recognizer(load_script(write_script(folder / "ears.yaml", made)), None)
    found = []
    for answer in made.chosen(sets, kinds)[place - 1 :: of]:
        loop = looptime.new_event_loop()
        try:
            heard = loop.run_until_complete(_Heard(made, answer, recognizer, folder).heard())
        finally:
            loop.close()
        found.append(heard)
        progress.step(f"{answer.name}: {heard.outcome.value}; verdict {heard.verdict_ms} ms")
    return {f"ears, {name}": figures for name, figures in figures_of_sets(found).items()}


class _Heard:
    """One answer. A person answers each question half a second after it."""

    def __init__(self, made: Answers, answer: Answer, recognizer: Recognizer, folder: Path) -> None:
        self._made, self._answer, self._recognizer, self._folder = made, answer, recognizer, folder
        self._sound = made.sound(answer, folder)
        self._samples = _samples(self._sound)
        self._words = PhoneWords.model_validate({})
        self._whisper_at: float | None = None
        self._said_at: float | None = None

    async def heard(self) -> Heard:
        loop = asyncio.get_running_loop()
        began = loop.time()
        client = cast(AsyncGroq, SimpleNamespace(audio=SimpleNamespace(transcriptions=self)))
        hearing = GroqSTT(client, GroqSettings(api_key="unused"), CallSettings())
        line = OwnLine(_NOWHERE, DialId("dial"), "job", hang_up=_nothing)
        line.is_here()
        asking = Asking(self._words, self._speak, told=(_HELLO, REASON))
        self._ear = ear = PhoneEar(line, hearing, asking)
        self._asking = asking
        ear.start()
        speaking = asyncio.create_task(self._speaks(), name="whoever has answered")
        if self._answer.key:
            loop.call_later(self._sound.ends_s, asking.hear_key, self._answer.key)
        outcome = await asking.outcome()
        ended = loop.time()
        speaking.cancel()
        await asyncio.gather(speaking, return_exceptions=True)
        await ear.stop()
        kind, whisper = self._answer.kind, self._whisper_at
        accepted = outcome is DialState.ACCEPTED
        return Heard(
            self._answer,
            accepted,
            outcome,
            round(1000 * (whisper - began - self._sound.begins_s)) if kind == "person" and whisper else None,
            max(0, round(1000 * (ended - began - self._sound.ends_s))) if kind in MACHINES else None,
            round(1000 * (ended - self._said_at)) if accepted and self._said_at else None,
        )

    async def create(self, *, file: tuple[str, bytes], **_: object) -> Any:
        """Transcribe in place of Groq."""
        samples = np.frombuffer(file[1][_WAV_HEADER:], np.int16)
        await asyncio.sleep(LIKE_GROQ.transcription(len(samples) / RATE) / 1000)
        words = self._recognizer.decode(samples).words
        return SimpleNamespace(model_dump=lambda: {"text": words})

    async def _speak(self, text: str) -> None:
        self._whisper_at = self._whisper_at or asyncio.get_running_loop().time()
        self._ear.saying = text
        try:
            await asyncio.sleep(len(text) / _CHARACTERS_A_SECOND)
        finally:
            self._ear.saying = ""
        asks = text in {self._words.question, self._words.repeat}
        if asks and self._answer.kind == "person" and self._answer.then:
            asyncio.get_running_loop().call_later(_THINKS_S, self._reply)

    def _reply(self) -> None:
        now = asyncio.get_running_loop().time()
        if self._answer.then in {"1", "2"}:
            self._said_at = now
            self._asking.hear_key(self._answer.then)
            return
        reply = self._made.reply(self._answer, self._folder, then_tone=False)
        self._said_at, self._samples = now + reply.ends_s, _samples(reply)

    async def _speaks(self) -> None:
        silence = np.zeros(_FRAME, np.int16)
        while True:
            frame, self._samples = self._samples[:_FRAME], self._samples[_FRAME:]
            frame = frame if len(frame) == _FRAME else silence
            self._ear.hear_frame(rtc.AudioFrame(frame.tobytes(), RATE, 1, _FRAME))
            await asyncio.sleep(_FRAME / RATE)


async def _nothing() -> None: ...


def _samples(sound: Sound) -> Samples:
    with wave.open(str(sound.path), "rb") as file:
        return resample(np.frombuffer(file.readframes(file.getnframes()), np.int16), RATE_HZ, RATE)
