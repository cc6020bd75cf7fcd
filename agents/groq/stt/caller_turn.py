"""Tracks a caller's turn: when to transcribe, what to report, when the turn ends. No LiveKit here.

At each pause, what was said since the last one is transcribed (`turn_audio` decides whether, and what is
sent). The words so far are reported as a preflight transcript, so that the reply can be generated even if the
caller is only taking a breath. If the caller goes on, the preflight is invalid. The words become final after
a silence whose length depends on them (`agents.turns`): the agent waits for a caller who pauses, and answers
at once when the caller has finished. A nod while the agent speaks is not a turn.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import Any, Protocol

from agents.groq.stt.allowance import RequestAllowance
from agents.groq.stt.manners import Manners, TurnModel
from agents.groq.stt.speech_meter import SURELY_SPEECH_S, SpeechChange, SpeechMeter
from agents.groq.stt.turn_audio import BETWEEN_WORDS_S, Piece, TurnAudio, Window
from agents.turns.turn_judge import TurnJudge
from settings import CallSettings

_BEFORE_S = 0.6
"""Audio kept from before the VAD noticed speech: it notices late, by telephone up to 0.9 s late."""
_DOUBT_S = 0.25
"""The longest that a possible start of a word delays the end of a turn."""
_AT_ONCE = 2
"""Mid-turn requests that may run at the same time. An overtaken one is not aborted: that would close its
connection."""
_ENDLESS_S = 30.0
"""After this long without a pause, or without a word, the agent says that it cannot understand."""
_ENDLESS_TURN_S = 90.0
"""The same limit for a turn with words and pauses, such as from a television."""


class TurnListener(Protocol):
    """Receives the turn's events. No method blocks."""

    def speech_started(self) -> None: ...

    def preflight(self, words: str) -> None:
        """Receive the words up to this pause."""

    def resumed(self, words: str) -> None:
        """The caller went on: the preflight of `words` is invalid."""

    def final(self, words: str) -> None:
        """The turn is over. Empty words: there was no speech."""

    def nod(self, words: str, seconds: float) -> None:
        """It was a nod, not a turn. `seconds`: since the nod began."""

    def not_understood(self) -> None:
        """The turn is over. It was speech, but no word was recognized."""

    def failed(self, error: Exception) -> None:
        """The turn is over, and its transcription failed."""

    def endless(self) -> None:
        """The turn does not end: no pause, no words, or it is too long. Called again later."""


class _Turn:
    """The open turn, and what was reported about it."""

    def __init__(self, before: list[Window]) -> None:
        self.audio = TurnAudio(before)
        self.preflight: str | None = None  # what was reported in this pause
        self.sent_again = False
        self.unbroken_s = 0.0  # since a pause between two words
        self.since_told_s = 0.0  # since the turn began, or was reported as endless

    @property
    def is_endless(self) -> bool:
        if self.since_told_s < _ENDLESS_S:
            return False
        wordless = self.audio.wordless
        return self.unbroken_s >= _ENDLESS_S or wordless or self.audio.seconds >= _ENDLESS_TURN_S


class TurnTracker:
    """Consumes a call's VAD windows in order. `transcribe` takes windows and the words before them."""

    def __init__(
        self,
        transcribe: Callable[[list[Window], str], Awaitable[str]],
        listener: TurnListener,
        call: CallSettings,
        *,
        judge: TurnJudge | None = None,
        turn_model: TurnModel | None = None,
        is_rate_limit: Callable[[Exception], bool] = lambda _: False,
        allowance: RequestAllowance | None = None,
    ) -> None:
        self._transcribe, self._listener = transcribe, listener
        self._is_rate_limit = is_rate_limit
        judge = judge or TurnJudge.of(call.turn_taking)
        self._meter = SpeechMeter(min(call.transcribe_after_s, judge.patience.done_s))
        self._manners = Manners(judge, turn_model, self._voice_judged, self._first_words)
        self._allowance = allowance or RequestAllowance()
        self._before: deque[Window] = deque()
        self._turn: _Turn | None = None
        self._running: set[asyncio.Task[str]] = set()

    @property
    def open(self) -> bool:
        """Whether a turn has started and not ended."""
        return self._turn is not None

    def hear(self, window: Window) -> None:
        """Consume the next window."""
        pause_s = self._meter.silence_s
        change = self._meter.hear(window.probability, window.seconds)
        self._allowance.hear(window.seconds)
        if self._turn is None:
            self._hear_silence(window, change)
        else:
            if change is SpeechChange.STARTED:
                self._go_on(self._turn, pause_s)
            self._turn.audio.hear(window, speaking=self._meter.speaking)
            self._hear_turn(self._turn, window)

    async def close(self) -> None:
        """Cancel the open requests; the listener gets no further events."""
        self._turn = None
        await self._manners.close()
        for task in self._running:
            task.cancel()
        if self._running:
            await asyncio.wait(self._running)

    async def _first_words(self, sound: list[Window]) -> str:
        """Transcribe a sound over the agent's speech; "" while requests are held back, as in noise."""
        if not self._allowance.allows(guess=True):
            return ""
        return await self._request(sound, "")

    def _request(self, windows: list[Window], after: str) -> Coroutine[Any, Any, str]:
        """Make a request and count it, now and when it is answered. All requests go through here."""
        self._allowance.sent()
        return self._counted(self._transcribe(windows, after))

    async def _counted(self, answer: Awaitable[str]) -> str:
        try:
            words = await answer
        except Exception as failure:
            if self._is_rate_limit(failure):
                self._allowance.limited()
            raise
        self._allowance.answered(words)
        return words

    def _hear_silence(self, window: Window, change: SpeechChange | None) -> None:
        self._before.append(window)
        while sum(before.seconds for before in self._before) > _BEFORE_S:
            self._before.popleft()
        if change is SpeechChange.STARTED:
            self._turn = _Turn(list(self._before))
            self._manners.begin(self._before)
            self._before.clear()
            self._listener.speech_started()

    def _hear_turn(self, turn: _Turn, window: Window) -> None:
        self._watch_length(turn, window)
        self._manners.hear(window, speaking=self._meter.speaking, silence_s=self._meter.silence_s)
        if self._meter.speaking:
            self._send(turn, turn.audio.overdue_piece())
        else:
            self._ask(turn, needed=False)
            self._conclude(turn)

    def _watch_length(self, turn: _Turn, window: Window) -> None:
        turn.since_told_s += window.seconds
        paused = self._meter.silence_s >= BETWEEN_WORDS_S
        turn.unbroken_s = 0.0 if paused else turn.unbroken_s + window.seconds
        if turn.is_endless:
            turn.since_told_s = 0.0
            self._listener.endless()

    def _go_on(self, turn: _Turn, pause_s: float) -> None:
        if turn.preflight is not None:
            self._listener.resumed(turn.preflight)
            turn.preflight = None
        turn.audio.go_on(pause_s)
        self._manners.go_on()

    def _ask(self, turn: _Turn, *, needed: bool) -> None:
        """Send what may be sent at this pause; `needed`: the turn ends here."""
        if self._allowance.allows(guess=not needed) and (needed or len(self._running) < _AT_ONCE):
            self._send(turn, turn.audio.next_piece(self._meter.silence_s, needed=needed))

    def _send(self, turn: _Turn, piece: Piece | None) -> None:
        if piece is None:
            return
        task = asyncio.ensure_future(self._request(piece.windows, piece.after))
        self._running.add(task)
        task.add_done_callback(partial(self._answered, turn, piece))

    def _answered(self, turn: _Turn, piece: Piece, task: asyncio.Task[str]) -> None:
        self._running.discard(task)
        if task.cancelled():
            return
        failure = task.exception()
        if isinstance(failure, Exception):
            piece.failure = failure
        else:
            piece.words = task.result()
        if self._turn is turn and not self._meter.speaking:
            self._ask(turn, needed=False)
            self._tell(turn)

    def _tell(self, turn: _Turn) -> None:
        self._conclude(turn)
        words = turn.audio.words
        if self._turn is turn and words is not None:
            self._manners.take(words, partial(self._report, turn, words))

    def _report(self, turn: _Turn, words: str) -> None:
        if self._turn is turn and words == turn.audio.words != turn.preflight and not self._meter.speaking:
            turn.preflight = words
            self._listener.preflight(words)

    def _voice_judged(self) -> None:
        if self._turn is not None and not self._meter.speaking:
            self._conclude(self._turn)

    def _conclude(self, turn: _Turn) -> None:
        """End the turn if the silence is long enough and its words are known."""
        silence_s, end_s = self._meter.silence_s, self._manners.silence_s(turn.audio.words)
        if silence_s < end_s or (self._meter.in_doubt and silence_s < end_s + _DOUBT_S):
            return
        if self._words_known(turn):
            self._end(turn)

    def _words_known(self, turn: _Turn) -> bool:
        """Whether the turn's words are known, or cannot be known. If not, ask for them."""
        self._ask(turn, needed=True)
        if turn.audio.words is not None:
            return True
        if turn.audio.failure is None:
            return False
        if not turn.sent_again and (whole := turn.audio.whole_again()):
            turn.sent_again = True
            self._send(turn, whole)
            return False
        return True

    def _end(self, turn: _Turn) -> None:
        self._turn = None
        words = turn.audio.words or ""
        over_agent, nod = self._manners.over_agent, self._manners.is_nod(words)
        self._manners.end(words, nod=nod)
        if nod:
            self._listener.nod(words, turn.audio.seconds)
        elif words:
            self._listener.final(words)
        elif turn.audio.failure is not None:
            self._listener.failed(turn.audio.failure)
        elif turn.audio.speech_s >= SURELY_SPEECH_S and not over_agent:
            self._listener.not_understood()
        else:
            self._listener.final("")
