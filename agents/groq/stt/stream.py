"""LiveKit's STT stream: feeds audio through the VAD to the turn tracker, and emits its speech events."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from livekit import rtc
from livekit.agents import APIConnectOptions, APIError, LanguageCode, stt, vad
from livekit.agents.utils import aio

from agents.audio.turn_model import TurnModel
from agents.groq.errors import Fault, as_livekit_error, fault_of
from agents.groq.stt.caller_turn import TurnTracker
from agents.groq.stt.echo import EchoFilter
from agents.groq.stt.speech_meter import SPEECH
from agents.groq.stt.transcription import LANGUAGE, RATE, Transcriber
from agents.groq.stt.turn_audio import Window, seconds, speech_s
from agents.turns.turn_judge import TurnJudge
from settings import CallSettings

_GAP_S = 0.5
"""A muted microphone sends no audio: after this long without frames, silence is assumed."""
_LATE_S = 0.1
"""Grace time for frames delayed by a busy loop: they are late, not silence."""
_SILENCE = rtc.AudioFrame(bytes(2 * round(_GAP_S * RATE)), RATE, 1, round(_GAP_S * RATE))
ENDLESS: Literal["endless"] = "endless"
"""The STT's event: speech that does not pause, or sound without words, for long. It carries no data."""
NOT_UNDERSTOOD: Literal["not_understood"] = "not_understood"
"""The STT's event: the caller certainly spoke, but no word was recognized. It carries no data."""
NOD: Literal["nod"] = "nod"
"""The STT's event: the caller showed that they listen, which is no turn. It carries a Nod."""
_GOES_ON = " … and more"
"""Makes the interim transcript differ from the preflight, so that LiveKit drops its preemptive reply."""


@dataclass
class STTActivity:
    """Whether words are still being transcribed; when speech began and was last heard, on the loop's clock.

    On busy cores the VAD processes audio more than a second after it arrived. While `take_words` is set, it
    gets each turn's words instead of LiveKit, which then answers nothing and interrupts nothing.
    """

    transcribing: bool = False
    waiting: bool = False  # the words are known, and the caller may go on
    turn_ended_at: float = float("-inf")  # on the loop's clock
    speech_began_at: float = 0.0
    last_speech_at: float = 0.0
    take_words: Callable[[str], None] | None = None


@dataclass(frozen=True, slots=True)
class Nod:
    """A caller's words of listening, and the seconds since they began."""

    words: str
    seconds: float


class GroqSTTStream(stt.RecognizeStream):
    """A failed transcription becomes an error event; the stream keeps listening until its session ends.

    Raising would close it, and the agent would be deaf until LiveKit had opened another.
    """

    def __init__(
        self,
        hearing: stt.STT[Any],
        transcriber: Transcriber,
        detector: vad.VAD,
        call: CallSettings,
        activity: STTActivity,
        *,
        echo: EchoFilter,
        judge: TurnJudge,
        turn_model: TurnModel | None,
    ) -> None:
        """Keeps `activity` up to date."""
        super().__init__(stt=hearing, conn_options=APIConnectOptions(max_retry=0), sample_rate=RATE)
        self._activity, self._echo = activity, echo
        self._unheard_s = 0.0  # audio that the VAD has not processed yet
        self._transcriber, self._detector, self._call = transcriber, detector, call
        self._judge, self._turn_model = judge, turn_model

    async def _run(self) -> None:
        detection = self._detector.stream()
        tracker = TurnTracker(
            self._transcribe,
            self,
            self._call,
            judge=self._judge,
            turn_model=None if self._turn_model is None else self._turn_model.finished,
            is_rate_limit=_is_rate_limit,
        )
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._feed(detection, tracker))
                group.create_task(self._listen(detection, tracker))
        except ExceptionGroup as errors:
            # LiveKit reopens the stream after an APIError only (livekit-facts).
            raise as_livekit_error(errors.exceptions[0]) from errors
        finally:
            self._activity.transcribing, self._unheard_s = False, 0.0
            await tracker.close()
            await detection.aclose()

    async def _feed(self, detection: vad.VADStream, tracker: TurnTracker) -> None:
        while True:
            try:
                async with asyncio.timeout(_GAP_S):
                    frame = await self._input_ch.recv()
            except TimeoutError:
                await asyncio.sleep(_LATE_S)
                if tracker.open and self._input_ch.empty():
                    self._detect(detection, _SILENCE)
                continue
            except aio.ChanClosed:
                break
            if isinstance(frame, rtc.AudioFrame):
                self._detect(detection, frame)
        detection.end_input()

    def _detect(self, detection: vad.VADStream, frame: rtc.AudioFrame) -> None:
        self._unheard_s += frame.duration
        detection.push_frame(frame)

    async def _listen(self, detection: vad.VADStream, tracker: TurnTracker) -> None:
        async for event in detection:
            if event.type is vad.VADEventType.INFERENCE_DONE:
                frame = event.frames[0]
                self._unheard_s -= frame.duration
                if event.probability > SPEECH:
                    self._activity.last_speech_at = asyncio.get_running_loop().time() - self._unheard_s
                tracker.hear(Window(bytes(frame.data), frame.duration, event.probability))

    async def _transcribe(self, windows: list[Window], after: str) -> str:
        usage = stt.RecognitionUsage(audio_duration=seconds(windows))
        self._send(stt.SpeechEvent(stt.SpeechEventType.RECOGNITION_USAGE, recognition_usage=usage))
        words = await self._transcriber.transcribe(
            b"".join(window.audio for window in windows),
            speech_s=speech_s(windows),
            after=after,
        )
        return "" if self._echo.is_echo(words) else words

    def speech_started(self) -> None:
        self._activity.transcribing = True
        self._activity.speech_began_at = self._activity.last_speech_at
        self._echo.turn_started()
        self._send(stt.SpeechEvent(stt.SpeechEventType.START_OF_SPEECH))

    def preflight(self, words: str) -> None:
        self._activity.waiting = True
        if self._activity.take_words is None:
            self._send(transcript(stt.SpeechEventType.PREFLIGHT_TRANSCRIPT, words))

    def resumed(self, words: str) -> None:
        self._activity.waiting = False
        self._send(transcript(stt.SpeechEventType.INTERIM_TRANSCRIPT, words + _GOES_ON))

    def final(self, words: str) -> None:
        self._turn_ended()
        if words and (take := self._activity.take_words) is not None:
            self._give(words, take)
        elif words:
            self._send(transcript(stt.SpeechEventType.FINAL_TRANSCRIPT, words))
        self._send(stt.SpeechEvent(stt.SpeechEventType.END_OF_SPEECH))

    def _give(self, words: str, take: Callable[[str], None]) -> None:
        """To a caller who waits, "okay" is no turn even while nobody speaks."""
        if self._judge.nods.are_all(words):
            seconds = asyncio.get_running_loop().time() - self._activity.speech_began_at
            self._stt.emit(NOD, Nod(words, seconds))
        else:
            take(words)

    def nod(self, words: str, seconds: float) -> None:
        self.final("")
        self._stt.emit(NOD, Nod(words, seconds))

    def not_understood(self) -> None:
        self.final("")
        self._stt.emit(NOT_UNDERSTOOD)

    def failed(self, error: Exception) -> None:
        self._turn_ended()
        self._send(stt.SpeechEvent(stt.SpeechEventType.END_OF_SPEECH))
        self._emit_error(error if isinstance(error, APIError) else as_livekit_error(error), recoverable=False)

    def endless(self) -> None:
        self._stt.emit(ENDLESS)

    def _turn_ended(self) -> None:
        self._activity.transcribing = self._activity.waiting = False
        self._activity.turn_ended_at = asyncio.get_running_loop().time()

    def _send(self, event: stt.SpeechEvent) -> None:
        if not self._event_ch.closed:
            self._event_ch.send_nowait(event)


def _is_rate_limit(error: Exception) -> bool:
    return fault_of(error.__cause__ if isinstance(error.__cause__, Exception) else error) is Fault.LIMITED


def transcript(kind: stt.SpeechEventType, words: str) -> stt.SpeechEvent:
    """An event with one alternative, in the speech model's only language."""
    return stt.SpeechEvent(kind, alternatives=[stt.SpeechData(LanguageCode(LANGUAGE), words)])
