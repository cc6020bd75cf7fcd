"""Pauses an agent's speech within milliseconds, and resumes it at the start of the word that was cut off.

LiveKit's own output drops up to 0.25 s of speech at each pause and continues after that. This output passes
audio on only a little ahead of the caller's ear, and keeps the rest.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from livekit import rtc
from livekit.agents import AgentSession
from livekit.agents.voice.io import AudioOutput, AudioOutputCapabilities

from agents.audio.word_start import softest, word_start

_CHUNK_S = 0.05
"""LiveKit's output passes on this much at a time; less would wait there for more."""
_AHEAD_S = 0.25
"""Audio passed on ahead, so that a busy loop leaves no gap: LiveKit's source, of 0.2 s, stays full."""
_NEARLY_DRY_S = 0.03
"""With less than this ahead, even a short piece of audio is passed on."""
_TICK_S = 0.001
"""The shortest wait: rounding may leave one that ends before any time has passed."""


@dataclass
class _Segment:
    """One reply's audio: 16-bit mono samples at `rate`, of which `sent` bytes were passed on."""

    rate: int
    audio: bytearray = field(default_factory=bytearray)
    sent: int = 0
    complete: bool = False
    accepted: bool = False  # the next output has taken some of it
    replayed_s: float = 0.0  # seconds that were passed on for the second time
    silent_at: float = 0.0  # when all that was passed on will have been played, on the loop's clock

    @property
    def passed_on(self) -> bool:
        return self.complete and self.sent >= len(self.audio)

    def next_chunk(self, *, even_short: bool) -> rtc.AudioFrame | None:
        """Return the next chunk; a short one only at the end, or if `even_short`."""
        size = 2 * round(self.rate * _CHUNK_S)
        chunk = bytes(self.audio[self.sent : self.sent + size])
        if not chunk or (len(chunk) < size and not self.complete and not even_short):
            return None
        self.sent += len(chunk)
        return rtc.AudioFrame(chunk, self.rate, 1, len(chunk) // 2)

    def back_to_word(self, unheard_s: float) -> None:
        """Go back to the beginning of the word that was cut off; the last `unheard_s` were not heard."""
        heard = max(0, self.sent // 2 - round(unheard_s * self.rate))
        start = word_start(np.frombuffer(bytes(self.audio[: self.sent]), np.int16), self.rate, heard)
        self.replayed_s += (heard - start) / self.rate
        self.sent = 2 * start

    def soft_moment(self, now: float, within_s: float) -> float:
        heard = max(0, self.sent // 2 - round(max(0.0, self.silent_at - now) * self.rate))
        coming = bytes(self.audio[2 * heard : 2 * (heard + round(within_s * self.rate))])
        return softest(np.frombuffer(coming, np.int16), self.rate) / self.rate


class ResumableOutput(AudioOutput):
    """Passes a session's audio on. It has two reasons to be silent, and continues when neither is left.

    `pause` and `resume` are LiveKit's; `hold` and `release` are for a caller who may be interrupting.
    `subscribed`: done once the caller receives the track; nothing is passed on before that.
    """

    def __init__(self, audio: AudioOutput, subscribed: asyncio.Future[None] | None = None) -> None:
        super().__init__(
            label="resumable",
            next_in_chain=audio,
            capabilities=AudioOutputCapabilities(pause=True),
            sample_rate=audio.sample_rate,
        )
        assert self.next_in_chain is not None
        self._audio = self.next_in_chain  # not `audio`: LiveKit wraps it in a proxy
        self._subscribed = subscribed
        self._segment: _Segment | None = None  # until it is passed on
        self._playing: _Segment | None = None  # until it is played out
        self._player: asyncio.Task[None] | None = None
        self._paused = self._held = False
        self._primed_s = 0.0  # audio passed on during a pause: it plays first when the pause ends
        self._changed = asyncio.Event()

    @property
    def audible(self) -> bool:
        """Whether something is playing, or is silenced in the middle."""
        return self._playing is not None

    @property
    def silenced(self) -> bool:
        return self._paused or self._held

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        if self._segment is not None and self._segment.complete and self._player is not None:
            await asyncio.wait([self._player])  # the segment before this one
        if self._segment is None:
            self._segment = self._playing = _Segment(frame.sample_rate)
            self._player = asyncio.create_task(self._play(self._segment), name="agent's speech")
        await super().capture_frame(frame)
        self._segment.audio += bytes(frame.data)
        self._changed.set()

    def flush(self) -> None:
        super().flush()
        if self._segment is not None:
            self._segment.complete = True
            self._changed.set()

    def clear_buffer(self) -> None:
        segment, self._segment = self._segment, None
        if self._player is not None:
            self._player.cancel()
            self._player = None
        if segment is not None and segment.accepted:
            self._audio.flush()
        self._audio.clear_buffer()
        if segment is not None and not segment.accepted:
            self.on_playback_finished(playback_position=0.0, interrupted=True)
        self._paused = self._held = False
        self._go_on()

    def pause(self) -> None:
        if not self.silenced:
            self._fall_silent()
        self._paused = True

    def resume(self) -> None:
        self._paused = False
        if not self._held:
            self._go_on()

    def hold(self) -> None:
        """Silence the speech at once."""
        if not self.silenced:
            self._fall_silent()
        self._held = True

    def release(self) -> None:
        """Let held speech continue from the beginning of the word that was cut off."""
        self._held = False
        if not self._paused:
            self._go_on()

    def soft_moment(self, within_s: float) -> float:
        """Return the seconds until the caller hears a pause, or the softest part of the next `within_s`."""
        if self._playing is None or self.silenced:
            return 0.0
        return self._playing.soft_moment(asyncio.get_running_loop().time(), within_s)

    def _fall_silent(self) -> None:
        self._audio.pause()
        if self._segment is not None:
            now = asyncio.get_running_loop().time()
            self._segment.back_to_word(max(0.0, self._segment.silent_at - now))
            self._segment.silent_at = now
        self._changed.set()

    def _go_on(self) -> None:
        if self._segment is not None and self._primed_s:
            self._segment.silent_at = asyncio.get_running_loop().time() + self._primed_s
        self._primed_s = 0.0
        self._audio.resume()
        self._changed.set()

    async def _play(self, segment: _Segment) -> None:
        if self._subscribed is not None:
            # LiveKit (1.8.9) waits for this future in capture_frame, without a shield: an interruption
            # meanwhile would cancel the future, and with it every later word of the call.
            await asyncio.shield(self._subscribed)
        now = asyncio.get_running_loop().time
        while not segment.passed_on:
            self._changed.clear()
            ahead_s = segment.silent_at - now()
            if self.silenced and self._primed_s:
                await self._changed.wait()
            elif not self.silenced and ahead_s > _AHEAD_S - _CHUNK_S:
                await self._change(ahead_s - (_AHEAD_S - _CHUNK_S))
            elif chunk := segment.next_chunk(even_short=ahead_s <= _NEARLY_DRY_S):
                # During a pause, this chunk makes the next output drop what it has queued.
                self._primed_s = chunk.duration if self.silenced else 0.0
                segment.silent_at = max(now(), segment.silent_at) + chunk.duration
                await self._audio.capture_frame(chunk)
                segment.accepted = True
            else:
                await self._change(ahead_s - _NEARLY_DRY_S if ahead_s > _NEARLY_DRY_S else None)
        self._segment = self._player = None
        self._audio.flush()

    async def _change(self, limit_s: float | None) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(limit_s and max(limit_s, _TICK_S)):
                await self._changed.wait()

    def on_playback_finished(
        self, *, playback_position: float, interrupted: bool, synchronized_transcript: str | None = None
    ) -> None:
        replayed_s = self._playing.replayed_s if self._playing else 0.0
        self._playing = None
        super().on_playback_finished(
            playback_position=max(0.0, playback_position - replayed_s),
            interrupted=interrupted,
            synchronized_transcript=synchronized_transcript,
        )


def make_resumable(
    session: AgentSession[Any], subscribed: asyncio.Future[None] | None = None
) -> ResumableOutput:
    """Make a started session's speech resumable. `subscribed`: see ResumableOutput."""
    assert session.output.audio is not None
    session.output.audio = output = ResumableOutput(session.output.audio, subscribed)
    return output


def release_held(audio: AudioOutput) -> None:
    """Let held speech in this chain of outputs continue, if the chain has a resumable output."""
    if (output := _resumable_in(audio)) is not None:
        output.release()


def soft_moment(audio: AudioOutput, within_s: float) -> float:
    """Return `ResumableOutput.soft_moment` of this chain of outputs; 0.0 if it has no resumable output."""
    output = _resumable_in(audio)
    return 0.0 if output is None else output.soft_moment(within_s)


def _resumable_in(audio: AudioOutput) -> ResumableOutput | None:
    output: AudioOutput | None = audio
    while output is not None and not isinstance(output, ResumableOutput):
        output = output.next_in_chain
    return output
