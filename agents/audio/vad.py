"""Voice activity detection by LiveKit's Silero model, run once for each window, on the event loop's thread.

The model takes 0.02 ms for a window of 32 ms (2026-11-26, livekit-local-inference 0.2.7, two cores).
LiveKit's own VAD runs it in a thread: on busy cores each round trip took more than 200 ms, and a caller who
had stopped speaking appeared to speak for 2 s more.
"""

from __future__ import annotations

import weakref
from collections.abc import AsyncIterable, Iterator

import numpy as np
from livekit import rtc
from livekit.agents import vad
from livekit.local_inference import VAD, VAD_WINDOW_SAMPLES

RATE = 16_000
"""Samples a second that the model takes. Whisper uses the same internally."""
WINDOW_S = VAD_WINDOW_SAMPLES / RATE
_WINDOW_BYTES = 2 * VAD_WINDOW_SAMPLES

SPEECH = 0.5
"""Probability above which a window is speech. This and the next value are LiveKit's for its Silero model."""
STILL_SPEECH = 0.35
_LEAST_SPEECH_S = 0.05
"""The shortest speech after silence that counts: a click is not a word. LiveKit's value, like the next."""
LEAST_SILENCE_S = 0.25
"""The session gets the end of speech after this much silence."""
_LOUD = 1_000.0
"""Root mean square of 16-bit samples: as loud as a quiet voice on a telephone."""
_SPOILS_S = 0.3
"""A loud sound other than speech, such as a tone, spoils the model's memory if it lasts this long."""
_ENDED, _ENDED_S = 0.25, 0.09
"""Such a sound has ended after `_ENDED_S` below this share of its peak: gaps in words are shorter."""


class SpeechWindows:
    """Cuts audio into the model's windows. LiveKit's VADStream does more, and costs several times as much.

    The model remembers what it has heard. For more than 3 s after a tone it misses short words: of a "yes"
    in a telephone's band and noise, it took 0 to 8 windows for speech instead of 15. `forgets_sounds` resets
    the model as soon as a loud sound that is not speech has ended (2026-11-29, livekit-local-inference
    0.2.7). Callers' lines do not use it: with it, 4 of 15 nods stopped the agent.
    """

    def __init__(self, *, forgets_sounds: bool = False) -> None:
        self._model = VAD()
        self._forgets_sounds = forgets_sounds
        self._left = b""
        # These describe a loud sound that is not speech, and the quiet after it.
        self._loudest = self._loud_s = self._quiet_s = 0.0

    @property
    def left_s(self) -> float:
        """Return the seconds of audio that are not in a window yet."""
        return len(self._left) / 2 / RATE

    def push(self, frame: rtc.AudioFrame) -> Iterator[tuple[bytes, float]]:
        """Yield each full window, 16-bit mono at RATE, with the probability that it is speech, 0 to 1."""
        self._left += frame.data.tobytes()
        while len(self._left) >= _WINDOW_BYTES:
            window, self._left = self._left[:_WINDOW_BYTES], self._left[_WINDOW_BYTES:]
            samples = np.frombuffer(window, np.int16)
            probability = self._model.predict(samples)
            if self._forgets_sounds:
                self._forget_sounds(float(np.sqrt(np.mean(samples.astype(np.float32) ** 2))), probability)
            yield window, probability

    def _forget_sounds(self, loudness: float, probability: float) -> None:
        if probability >= STILL_SPEECH:
            self._loudest = self._loud_s = self._quiet_s = 0.0
        elif loudness >= _LOUD:
            self._loudest, self._loud_s = max(self._loudest, loudness), self._loud_s + WINDOW_S
        self._quiet_s = self._quiet_s + WINDOW_S if loudness < _ENDED * self._loudest else 0.0
        if self._quiet_s >= _ENDED_S:
            if self._loud_s >= _SPOILS_S:
                self._model.reset()
            self._loudest = self._loud_s = self._quiet_s = 0.0


class SharedVAD(vad.VAD):
    """A session's VAD. Its STT, which runs the model anyway, passes it each window's probability."""

    def __init__(self) -> None:
        super().__init__(capabilities=vad.VADCapabilities(update_interval=WINDOW_S))
        self._streams: weakref.WeakSet[_SharedVADStream] = weakref.WeakSet()

    def stream(self) -> vad.VADStream:
        stream = _SharedVADStream(self)
        self._streams.add(stream)
        return stream

    def hear(self, probability: float) -> None:
        """Consume the next window's probability of speech, 0 to 1."""
        for stream in self._streams:
            stream.hear(probability)


class _SharedVADStream(vad.VADStream):
    """LiveKit's rules for the start and the end of speech. Only a silence's first window is an event."""

    _heard_s: float
    _length_s: float  # of this speech, or of this silence
    _rising_s: float  # of unbroken speech
    _falling_s: float  # of unbroken silence
    _speaking: bool
    _quiet: bool  # whether the session has received this silence

    def __init__(self, parent: SharedVAD) -> None:
        self._forget()
        super().__init__(parent)

    def push_frame(self, frame: rtc.AudioFrame) -> None:
        """Ignore the frame: the STT gets the same audio, and reports what is in it."""

    def flush(self) -> None:
        self._forget()

    def hear(self, probability: float) -> None:
        if self._event_ch.closed:
            return
        self._heard_s += WINDOW_S
        self._length_s += WINDOW_S
        quiet = not self._speaking and not self._rising_s
        if not (quiet and self._quiet):
            self._send(vad.VADEventType.INFERENCE_DONE, probability)
        self._quiet = quiet
        if probability >= SPEECH or (self._speaking and probability > STILL_SPEECH):
            self._hear_speech()
        else:
            self._hear_silence()

    def _forget(self) -> None:
        self._speaking = self._quiet = False
        self._heard_s = self._length_s = self._rising_s = self._falling_s = 0.0

    def _hear_speech(self) -> None:
        self._rising_s += WINDOW_S
        self._falling_s = 0.0
        if not self._speaking and self._rising_s >= _LEAST_SPEECH_S:
            self._speaking, self._length_s = True, self._rising_s
            self._send(vad.VADEventType.START_OF_SPEECH)

    def _hear_silence(self) -> None:
        self._falling_s += WINDOW_S
        self._rising_s = 0.0
        if self._speaking and self._falling_s >= LEAST_SILENCE_S:
            speech_s = max(0.0, self._length_s - self._falling_s)
            self._speaking, self._length_s = False, self._falling_s
            self._send(vad.VADEventType.END_OF_SPEECH, speech_s=speech_s)

    def _send(self, kind: vad.VADEventType, probability: float = 0.0, speech_s: float | None = None) -> None:
        length_s = self._length_s
        event = vad.VADEvent(
            type=kind,
            samples_index=round(self._heard_s * RATE),
            timestamp=self._heard_s,
            speech_duration=speech_s if speech_s is not None else length_s if self._speaking else 0.0,
            silence_duration=0.0 if self._speaking else length_s,
            probability=probability,
            speaking=self._speaking,
            raw_accumulated_silence=self._falling_s,
            raw_accumulated_speech=self._rising_s,
        )
        self._event_ch.send_nowait(event)

    async def _main_task(self) -> None:
        async for _ in self._input_ch:  # nothing comes: it only says when the input ends
            pass

    async def _metrics_monitor_task(self, event_aiter: AsyncIterable[vad.VADEvent]) -> None:
        """Do nothing: nobody reads the model's times."""

    async def __anext__(self) -> vad.VADEvent:
        return await self._event_ch.__anext__()  # skips the copy for the metrics
