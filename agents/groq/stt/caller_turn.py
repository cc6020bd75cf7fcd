"""Tracks a caller's turn: when to transcribe, what to report, when the turn ends. No LiveKit here.

Every short pause transcribes the words so far and reports them as a preflight transcript, so that the reply
can be generated while the caller may only be taking a breath. A caller who goes on invalidates the preflight,
and the next pause transcribes the whole turn again. The words become final only after `end_of_turn_s` of
silence. So the agent waits for a caller who pauses, and answers at once when the caller has finished.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

from agents.groq.stt.speech_meter import SPEECH, SURELY_SPEECH_S, SpeechChange, SpeechMeter
from settings import CallSettings

_BEFORE_S = 0.4
"""Audio kept from before the VAD noticed speech: it notices late, and speech begins softly."""
_DOUBT_S = 0.25
"""The longest that a possible start of a word delays the end of a turn."""
_LONG_S = 25.0
"""Seconds after which a segment's words are committed: Whisper takes 30 s, and each pause sends it all."""
_LONGEST_S = 45.0
_GUESS_BACKOFF_S = 15.0
"""Seconds without preflight requests after Groq's 429."""


@dataclass(frozen=True, slots=True)
class Window:
    """One window of the VAD: 16-bit mono samples, their length, and how likely they are speech, 0 to 1."""

    audio: bytes
    seconds: float
    probability: float


def speech_s(windows: Iterable[Window]) -> float:
    """Seconds of speech in these windows."""
    return sum(window.seconds for window in windows if window.probability > SPEECH)


class TurnListener(Protocol):
    """Receives the turn's events. No method blocks."""

    def speech_started(self) -> None: ...

    def preflight(self, words: str) -> None:
        """The words up to this pause."""

    def resumed(self, words: str) -> None:
        """The caller went on: the preflight of `words` is invalid."""

    def final(self, words: str) -> None:
        """The turn is over. Empty words: there was no speech."""

    def not_understood(self) -> None:
        """The turn is over. It was speech, but no word was recognized."""

    def failed(self, error: Exception) -> None:
        """The turn is over, and its transcription failed."""


@dataclass
class _Request:
    """The transcription of the turn's first `windows` windows."""

    task: asyncio.Task[str]
    windows: int
    kept: bool  # the words are committed, even if the caller goes on
    stale: bool = False


@dataclass
class _Turn:
    """The open turn's audio and words."""

    windows: list[Window]
    kept_words: list[str] = field(default_factory=list)
    guess: str | None = None  # the words up to this pause, once they are known
    preflight_sent: bool = False
    failure: Exception | None = None

    @property
    def seconds(self) -> float:
        return sum(window.seconds for window in self.windows)

    def forget_guess(self) -> None:
        self.guess = self.failure = None
        self.preflight_sent = False

    def words(self) -> str:
        return " ".join(filter(None, [*self.kept_words, self.guess]))


class TurnTracker:
    """Consumes a call's VAD windows in order. `transcribe` takes windows and returns their words."""

    def __init__(
        self,
        transcribe: Callable[[list[Window]], Awaitable[str]],
        listener: TurnListener,
        call: CallSettings,
        *,
        is_rate_limit: Callable[[Exception], bool] = lambda _: False,
    ) -> None:
        self._transcribe, self._listener = transcribe, listener
        self._call, self._is_rate_limit = call, is_rate_limit
        self._meter = SpeechMeter(min(call.transcribe_after_s, call.end_of_turn_s))
        self._before: deque[Window] = deque()
        self._turn: _Turn | None = None
        self._request: _Request | None = None
        self._backoff_left_s = 0.0

    @property
    def open(self) -> bool:
        """Whether a turn has started and not ended."""
        return self._turn is not None

    def hear(self, window: Window) -> None:
        """Consume the next window."""
        change = self._meter.hear(window.probability, window.seconds)
        self._backoff_left_s = max(0.0, self._backoff_left_s - window.seconds)
        if self._turn is None:
            self._hear_silence(window, change)
        else:
            self._turn.windows.append(window)
            self._hear_turn(self._turn, change)

    async def close(self) -> None:
        """Cancel the open request; the listener gets no further events."""
        self._turn = None
        if self._request is not None:
            self._request.stale = True
            self._request.task.cancel()
            await asyncio.wait([self._request.task])

    def _hear_silence(self, window: Window, change: SpeechChange | None) -> None:
        self._before.append(window)
        while sum(before.seconds for before in self._before) > _BEFORE_S:
            self._before.popleft()
        if change is SpeechChange.STARTED:
            self._turn = _Turn(list(self._before))
            self._before.clear()
            self._listener.speech_started()

    def _hear_turn(self, turn: _Turn, change: SpeechChange | None) -> None:
        if change is SpeechChange.STARTED:
            self._go_on(turn)
        elif (change is SpeechChange.PAUSED and not self._backoff_left_s) or self._too_long(turn):
            self._ask(turn)
        if not self._meter.speaking:
            self._conclude(turn)

    def _too_long(self, turn: _Turn) -> bool:
        busy = self._request is not None and self._request.kept
        return not busy and turn.seconds >= _LONGEST_S

    def _go_on(self, turn: _Turn) -> None:
        if turn.preflight_sent:
            self._listener.resumed(turn.words())
        turn.forget_guess()
        if self._request is not None and not self._request.kept:
            # Let it finish: cancelling would close the connection, and the next request would open a new one.
            self._request.stale = True

    def _ask(self, turn: _Turn) -> None:
        if self._request is not None:
            if self._request.kept:
                return  # its words are needed; the audio after it is transcribed once they arrive
            self._request.task.cancel()
        task = asyncio.ensure_future(self._transcribe(list(turn.windows)))
        request = _Request(task, len(turn.windows), kept=turn.seconds >= _LONG_S)
        self._request = request
        task.add_done_callback(lambda _: self._answered(turn, request))

    def _answered(self, turn: _Turn, request: _Request) -> None:
        if self._request is request:
            self._request = None
        if request.task.cancelled():
            return
        failure = request.task.exception()
        if isinstance(failure, Exception) and self._is_rate_limit(failure):
            self._backoff_left_s = _GUESS_BACKOFF_S
        if request.stale or self._turn is not turn:
            return
        if request.kept:
            self._keep(turn, request)
        elif isinstance(failure, Exception):
            turn.failure = failure
        else:
            turn.guess = request.task.result()
        self._tell(turn)

    def _keep(self, turn: _Turn, request: _Request) -> None:
        """Commit a segment of a long turn. A failed transcription loses its words; the turn goes on."""
        failure = request.task.exception()
        if failure is None:
            turn.kept_words.append(request.task.result())
        del turn.windows[: request.windows]
        if self._meter.speaking:
            return
        if any(window.probability > SPEECH for window in turn.windows):
            self._ask(turn)
        elif isinstance(failure, Exception):
            turn.failure = failure
        else:
            turn.guess = ""

    def _tell(self, turn: _Turn) -> None:
        if self._meter.speaking or (turn.guess is None and turn.failure is None):
            return
        self._conclude(turn)
        if self._turn is turn and turn.failure is None and turn.words():
            turn.preflight_sent = True
            self._listener.preflight(turn.words())

    def _conclude(self, turn: _Turn) -> None:
        """End the turn if the silence is long enough and its words are known."""
        silence_s, end_s = self._meter.silence_s, self._call.end_of_turn_s
        if silence_s < end_s or (self._meter.in_doubt and silence_s < end_s + _DOUBT_S):
            return
        if turn.guess is None and turn.failure is None:
            if self._request is None or self._request.stale:
                self._ask(turn)
            return
        self._turn = None
        if words := turn.words():
            self._listener.final(words)
        elif turn.failure is not None:
            self._listener.failed(turn.failure)
        elif speech_s(turn.windows) >= SURELY_SPEECH_S:
            self._listener.not_understood()
        else:
            self._listener.final("")
