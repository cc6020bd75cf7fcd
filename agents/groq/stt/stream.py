"""LiveKit's STT stream: feeds audio through the VAD to the turn tracker, and emits its speech events."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from livekit import rtc
from livekit.agents import APIConnectOptions, APIError, LanguageCode, stt

from agents.audio.turn_model import TurnModel
from agents.audio.vad import RATE, SPEECH, WINDOW_S, SharedVAD, SpeechWindows
from agents.groq.errors import Fault, fault_of
from agents.groq.livekit_errors import as_livekit_error
from agents.groq.stt.allowance import RequestAllowance
from agents.groq.stt.caller_turn import TurnTracker
from agents.groq.stt.echo import EchoFilter
from agents.groq.stt.thrift import Thrift
from agents.groq.stt.transcription import Transcriber
from agents.groq.stt.turn_audio import Window, seconds, speech_s
from agents.turns.turn_judge import TurnJudge
from settings import CallSettings
from tasks import BackgroundTasks

_GAP_S = 0.5
"""A muted microphone sends no audio: after this long without frames, silence is assumed."""
_LATE_S = 0.1
"""Grace time for frames delayed by a busy loop: they are late, not silence."""
_SILENCE = rtc.AudioFrame(bytes(2 * round(_GAP_S * RATE)), RATE, 1, round(_GAP_S * RATE))
ENDLESS: Literal["endless"] = "endless"
"""The STT's event: a long time of speech without a pause, or of sound without words. It carries no data."""
NOT_UNDERSTOOD: Literal["not_understood"] = "not_understood"
"""The STT's event: the caller certainly spoke, but no word was recognized. It carries no data."""
NOD: Literal["nod"] = "nod"
"""The STT's event: the caller showed that they listen, which is not a turn. It carries a Nod."""
_GOES_ON = " … and more"
"""Makes the interim transcript differ from the preflight, so that LiveKit drops its preemptive reply."""


@dataclass
class STTActivity:
    """Whether words are still being transcribed; when speech began and was last heard, on the loop's clock.

    While `take_words` is set, it gets each turn's words instead of LiveKit, which then neither answers nor
    interrupts. `converses`: in addition, the agent's latest words were meant to be answered.
    """

    transcribing: bool = False
    waiting: bool = False  # the words are known, and the caller may go on
    turn_ended_at: float = float("-inf")  # on the loop's clock
    speech_began_at: float = 0.0
    last_speech_at: float = 0.0
    take_words: Callable[[str], None] | None = None
    converses: bool = False


@dataclass(frozen=True, slots=True)
class Nod:
    """A nod's words, and the seconds since it began."""

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
        call: CallSettings,
        activity: STTActivity,
        *,
        windows: SpeechWindows,
        vad: SharedVAD,
        echo: EchoFilter,
        judge: TurnJudge,
        turn_model: TurnModel | None,
        thrift: Thrift,
    ) -> None:
        """`activity` is kept up to date; `vad` gets each window's probability of speech."""
        super().__init__(stt=hearing, conn_options=APIConnectOptions(max_retry=0), sample_rate=RATE)
        self._activity, self._echo = activity, echo
        self._windows, self._vad = windows, vad
        self._heard_at = 0.0  # the latest frame, on the loop's clock
        self._transcriber, self._call = transcriber, call
        self._judge, self._turn_model, self._thrift = judge, turn_model, thrift

    async def _run(self) -> None:
        tracker = TurnTracker(
            self._transcribe,
            self,
            self._call,
            judge=self._judge,
            turn_model=None if self._turn_model is None else self._turn_model.finished,
            is_rate_limit=_is_rate_limit,
            allowance=RequestAllowance(self._thrift.may_guess_words, self._thrift.share),
        )
        gaps = BackgroundTasks()
        try:
            gaps.start(self._fill_gaps(tracker), name="silence of a muted microphone")
            await self._listen(tracker)
        except Exception as error:  # LiveKit reopens the stream after an APIError only (livekit-facts)
            raise as_livekit_error(error) from error
        finally:
            await gaps.cancel()
            self._activity.transcribing = False
            await tracker.close()

    async def _listen(self, tracker: TurnTracker) -> None:
        clock = asyncio.get_running_loop()
        async for frame in self._input_ch:
            if isinstance(frame, rtc.AudioFrame):
                self._heard_at = clock.time()
                self._hear(frame, tracker)

    async def _fill_gaps(self, tracker: TurnTracker) -> None:
        """Add missing silence, in a separate task: a timeout around each frame costs more than the frame."""
        clock = asyncio.get_running_loop()
        self._heard_at = clock.time()
        while True:
            before = self._heard_at
            await asyncio.sleep(max(0.0, before + _GAP_S - clock.time()))
            if self._heard_at > before:
                continue
            await asyncio.sleep(_LATE_S)
            if self._heard_at == before and self._input_ch.empty():
                self._heard_at = clock.time()
                if tracker.open:
                    self._hear(_SILENCE, tracker)

    def _hear(self, frame: rtc.AudioFrame, tracker: TurnTracker) -> None:
        for audio, probability in self._windows.push(frame):
            self._vad.hear(probability)
            if probability > SPEECH:
                self._activity.last_speech_at = asyncio.get_running_loop().time() - self._windows.left_s
            tracker.hear(Window(audio, WINDOW_S, probability))

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
        if self._activity.take_words is None and self._thrift.may_guess_reply():
            self._send_words(stt.SpeechEventType.PREFLIGHT_TRANSCRIPT, words)

    def resumed(self, words: str) -> None:
        self._activity.waiting = False
        self._send_words(stt.SpeechEventType.INTERIM_TRANSCRIPT, words + _GOES_ON)

    def final(self, words: str) -> None:
        self._turn_ended()
        if words and (take := self._activity.take_words) is not None:
            self._give(words, take)
        elif words:
            self._send_words(stt.SpeechEventType.FINAL_TRANSCRIPT, words)
        self._send(stt.SpeechEvent(stt.SpeechEventType.END_OF_SPEECH))

    def _give(self, words: str, take: Callable[[str], None]) -> None:
        """Pass on a waiting caller's words. An "okay" is a nod, even in silence, unless they were asked."""
        asked = self._activity.converses and self._judge.floor.question_is_open
        if self._judge.nods.are_all(words) and not asked:
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

    def _send_words(self, kind: stt.SpeechEventType, words: str) -> None:
        self._send(transcript(kind, words, self._transcriber.language))

    def _send(self, event: stt.SpeechEvent) -> None:
        if not self._event_ch.closed:
            self._event_ch.send_nowait(event)


def _is_rate_limit(error: Exception) -> bool:
    return fault_of(error.__cause__ if isinstance(error.__cause__, Exception) else error) is Fault.LIMITED


def transcript(kind: stt.SpeechEventType, words: str, language: str) -> stt.SpeechEvent:
    """Return an event with one alternative."""
    return stt.SpeechEvent(kind, alternatives=[stt.SpeechData(LanguageCode(language), words)])
