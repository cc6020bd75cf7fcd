"""Hears a caller out: prepares a transcript at every short silence, and settles on it when the turn is over.

LiveKit's own adapter begins to transcribe when its VAD says that speech has ended, and the reply begins after
that. Here the request is made after `transcribe_after_s` of silence already, and its text goes out as a preflight: the
reply is made ready meanwhile, and spoken only when `end_of_turn_s` of silence have passed. A caller who goes on makes
it void; the next silence transcribes the utterance as a whole. So callers who pause are waited for, and those who
have finished are answered sooner.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from livekit import rtc
from livekit.agents import APIConnectOptions, APIError, stt, vad

from settings import CallSettings

if TYPE_CHECKING:
    from agents.groq.hearing import GroqHearing

_BEFORE_S = 0.5
"""Audio kept from before the VAD noticed speech: it is sure only after some of it."""
_LONGEST_S = 60.0
_ENDS_ITSELF = APIConnectOptions(max_retry=0)


class HearingStream(stt.RecognizeStream):
    """One session's hearing. At most one request is under way."""

    def __init__(self, hearing: GroqHearing, detector: vad.VAD, call: CallSettings) -> None:
        super().__init__(stt=hearing, conn_options=_ENDS_ITSELF)
        self._hearing, self._detector, self._call = hearing, detector, call
        self._before: deque[rtc.AudioFrame] = deque()
        self._utterance: list[rtc.AudioFrame] = []
        self._heard: asyncio.Task[str] | None = None  # the transcript of the utterance up to this silence

    async def _run(self) -> None:
        detection = self._detector.stream()
        detection.update_options(min_silence_duration=self._call.end_of_turn_s)
        feeding = asyncio.create_task(self._feed(detection))
        try:
            async for event in detection:
                await self._on(event)
        finally:
            feeding.cancel()
            self._drop()
            await detection.aclose()

    async def _feed(self, detection: vad.VADStream) -> None:
        async for frame in self._input_ch:
            if isinstance(frame, rtc.AudioFrame):
                self._keep(frame)
                detection.push_frame(frame)
            else:
                detection.flush()
        detection.end_input()

    def _keep(self, frame: rtc.AudioFrame) -> None:
        if self._utterance:
            self._utterance.append(frame)
            return
        self._before.append(frame)
        while sum(kept.duration for kept in self._before) > _BEFORE_S:
            self._before.popleft()

    async def _on(self, event: vad.VADEvent) -> None:
        if event.type == vad.VADEventType.START_OF_SPEECH and not self._utterance:
            self._utterance = list(self._before)
            self._before.clear()
        elif event.type == vad.VADEventType.INFERENCE_DONE and self._utterance:
            if event.raw_accumulated_speech > 0:
                self._drop()
            elif event.raw_accumulated_silence >= self._call.transcribe_after_s and self._heard is None:
                self._heard = asyncio.create_task(self._prepare(list(self._utterance[-self._most :])))
        elif event.type == vad.VADEventType.END_OF_SPEECH and self._utterance:
            await self._settle()

    @property
    def _most(self) -> int:
        """Frames in the longest utterance that is sent; of a longer one, its end."""
        return int(_LONGEST_S / self._utterance[-1].duration)

    def _drop(self) -> None:
        """The caller goes on, or the stream ends: what was prepared is void."""
        heard, self._heard = self._heard, None
        if heard is not None and not heard.cancel() and not heard.cancelled():
            heard.exception()  # a failure of what is void concerns nobody

    async def _prepare(self, frames: list[rtc.AudioFrame]) -> str:
        text = await self._hearing.transcribe(rtc.combine_audio_frames(frames))
        if text:
            self._event_ch.send_nowait(transcript(stt.SpeechEventType.PREFLIGHT_TRANSCRIPT, text))
        return text

    async def _settle(self) -> None:
        """The turn is over: its words are final as soon as they are there. Speech that comes meanwhile waits."""
        heard, self._heard = self._heard, None
        frames, self._utterance = self._utterance, []
        if heard is None:
            heard = asyncio.create_task(self._prepare(frames))
        try:
            text = await heard
        except APIError as error:
            # Said once and not raised: raising would end the stream, and the agent would be deaf meanwhile.
            self._emit_error(error, recoverable=False)
            return
        if text:
            self._event_ch.send_nowait(transcript(stt.SpeechEventType.FINAL_TRANSCRIPT, text))


def transcript(kind: stt.SpeechEventType, text: str) -> stt.SpeechEvent:
    """A transcript in English, the one language of the default voices."""
    return stt.SpeechEvent(type=kind, alternatives=[stt.SpeechData(language="en", text=text)])
