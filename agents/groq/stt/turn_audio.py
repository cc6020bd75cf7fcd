"""One turn's audio, the pieces in which it is sent to Groq, and their words. Pure: makes no requests.

A piece ends at a pause. After a pause too long to lie within a word, the piece keeps its words when the
caller goes on: only what follows is sent, with these words as Whisper's prompt. After a shorter pause, the
piece is sent again together with what follows. As Whisper is worse at short pieces, a piece is also sent
together with those before it, while the turn's budget allows: seconds sent for each second spoken.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from agents.audio.vad import SPEECH

BETWEEN_WORDS_S = 0.2
"""A pause of this length is between two words; the silence of a stop consonant is shorter."""
_PERHAPS_THE_END_S = 0.3
"""A pause of this length is worth the last request that the spoken seconds allow."""
_LEAD_S = 0.25
"""Audio kept from before the caller continued: the VAD notices speech late."""
_TAIL_S = 0.2
"""The silence sent after the last word."""
_LONG_S = 20.0
"""A piece of this length ends at any pause; Whisper takes 30 s."""
_LONGEST_S = 26.0
"""Without any pause, a piece ends where the caller was quietest in its last seconds."""
_QUIETEST_OF_S = 4.0
_KEPT_S = 60.0
"""Audio older than this is not sent again."""
_SHARE, _LIMIT_SHARE, _ALLOWANCE_S = 1.4, 1.7, 1.5
"""Seconds that may be sent for each second spoken: as a rule, and if the pause turns out to be too short.
Every turn may send `_ALLOWANCE_S` seconds in addition."""


@dataclass(frozen=True, slots=True)
class Window:
    """One window of the VAD: 16-bit mono samples, their length, and how likely they are speech, 0 to 1."""

    audio: bytes
    seconds: float
    probability: float

    @property
    def loudness(self) -> float:
        """The root mean square of its samples."""
        samples = np.frombuffer(self.audio, np.int16).astype(np.float32)
        return float(np.sqrt(np.mean(samples**2))) if len(samples) else 0.0


def speech_s(windows: Iterable[Window]) -> float:
    """Seconds of speech in these windows."""
    return sum(window.seconds for window in windows if window.probability > SPEECH)


def seconds(windows: Iterable[Window]) -> float:
    """Seconds that these windows last."""
    return sum(window.seconds for window in windows)


@dataclass(eq=False)
class Piece:
    """Audio that is sent in one request. Its last `new` windows were in no earlier piece.

    `after`: the words before it, as far as they are known. Groq's answer sets `words` or `failure`.
    """

    windows: list[Window]
    new: int
    after: str
    replaces: tuple[Piece, ...] = ()
    words: str | None = None
    failure: Exception | None = None

    def __post_init__(self) -> None:
        self.seconds = seconds(self.windows)


class TurnAudio:
    """The audio of an open turn. `before`: what was heard before the VAD noticed the turn."""

    def __init__(self, before: Sequence[Window]) -> None:
        self._pieces: list[Piece] = []
        self._open = list(before)  # the windows that no piece contains
        self._unsent = True  # whether `_open` contains speech
        self.seconds = seconds(before)
        self.speech_s = speech_s(before)
        self._spoken_s = self.speech_s  # with silences shorter than a pause
        self.sent_s = 0.0
        self.requests = 0

    def hear(self, window: Window, *, speaking: bool) -> None:
        """Add the next window."""
        self._open.append(window)
        self.seconds += window.seconds
        if speaking:
            self._unsent = True
            self._spoken_s += window.seconds
        if window.probability > SPEECH:
            self.speech_s += window.seconds

    def go_on(self, pause_s: float) -> None:
        """Continue after a pause: open the last piece again if the pause may lie within a word."""
        last = self._pieces[-1] if self._pieces else None
        lead = _newest(self._open, _LEAD_S)
        earlier: list[Window] = []
        if self._unsent:
            earlier = _without_tail(self._open[: len(self._open) - len(lead)])
        elif last and pause_s < BETWEEN_WORDS_S and last.seconds < _LONG_S:
            self._pieces[-1:] = last.replaces
            earlier = last.windows[len(last.windows) - last.new :]
        self._open = earlier + lead

    @property
    def all_sent(self) -> bool:
        """Whether all speech is in pieces, and none has failed except perhaps the last."""
        return not self._unsent and all(piece.failure is None for piece in self._pieces[:-1])

    @property
    def words(self) -> str | None:
        """The turn's words, once all of them are known; else None."""
        known = [piece.words for piece in self._pieces if piece.words is not None]
        if len(known) < len(self._pieces) or not known or self._unsent:
            return None
        return " ".join(filter(None, known))

    @property
    def failure(self) -> Exception | None:
        """Why the end of the turn could not be transcribed; None: it was, or Groq has not answered yet."""
        return self._pieces[-1].failure if self._pieces and not self._unsent else None

    @property
    def wordless(self) -> bool:
        """Whether Groq has answered, always without words."""
        return bool(self._pieces) and not any(piece.words or piece.words is None for piece in self._pieces)

    def next_piece(self, pause_s: float, *, needed: bool) -> Piece | None:
        """Return what to send at a pause of this length; None: nothing yet. `needed`: the turn ends here."""
        if self.all_sent or not (needed or self._worth_a_request(pause_s)):
            return None
        sure = needed or pause_s >= BETWEEN_WORDS_S
        for merged in range(len(self._pieces), -1, -1):
            if self._affordable(merged, sure=sure) and self._has_all_failed(merged):
                return self._cut(merged, _without_tail(self._open), [])
        return self._cut(self._first_failed(), _without_tail(self._open), []) if sure else None

    def overdue_piece(self) -> Piece | None:
        """Return what to send while the caller does not pause; None: nothing yet."""
        if seconds(self._open) < _LONGEST_S:
            return None
        at = _quietest(self._open)
        return self._cut(0, self._open[:at], self._open[at:])

    def whole_again(self) -> Piece | None:
        """Return the whole turn as one piece, after its end failed; None: it was one, or is too long."""
        if len(self._pieces) < 2 or self.seconds > _KEPT_S:
            return None
        return self._cut(len(self._pieces), [], self._open)

    def _worth_a_request(self, pause_s: float) -> bool:
        """Whether to send now: at most one request a second of speech; the turn's end may need one more."""
        number = self.requests + 1
        return (
            number == 1
            or number + 1 <= self.speech_s
            or (number == 2 and pause_s >= BETWEEN_WORDS_S)
            or (number <= self.speech_s and pause_s >= _PERHAPS_THE_END_S)
        )

    def _affordable(self, merged: int, *, sure: bool) -> bool:
        own_s = seconds(_without_tail(self._open))
        sent_s = self.sent_s + own_s + sum(piece.seconds for piece in self._last(merged))
        if merged and sent_s - self.sent_s > _LONG_S:
            return False
        if not self.requests:
            return True
        fits = sent_s <= _SHARE * self._spoken_s + _ALLOWANCE_S
        return fits if sure else fits and sent_s + own_s <= _LIMIT_SHARE * self._spoken_s + _ALLOWANCE_S

    def _has_all_failed(self, merged: int) -> bool:
        return merged >= self._first_failed()

    def _first_failed(self) -> int:
        """Return the number of pieces from the first that failed to the last; 0: none failed."""
        failed = [place for place, piece in enumerate(self._pieces) if piece.failure is not None]
        return len(self._pieces) - failed[0] if failed else 0

    def _last(self, number: int) -> list[Piece]:
        return self._pieces[len(self._pieces) - number :]

    def _cut(self, merged: int, windows: list[Window], rest: list[Window]) -> Piece:
        replaced = self._last(merged)
        del self._pieces[len(self._pieces) - merged :]
        after = " ".join(piece.words for piece in self._pieces if piece.words)
        sound = [window for piece in replaced for window in piece.windows]
        piece = Piece(sound + windows, len(windows), after, tuple(replaced))
        self._pieces.append(piece)
        self._open, self._unsent = rest, False
        if self.seconds > _KEPT_S:
            self._forget_old()
        self.sent_s += piece.seconds
        self.requests += 1
        return piece

    def _forget_old(self) -> None:
        newer_s = 0.0
        for piece in reversed(self._pieces):
            if newer_s > _LONG_S and piece.words is not None:
                piece.windows, piece.replaces = [], ()
            newer_s += piece.seconds


def _newest(windows: list[Window], limit_s: float) -> list[Window]:
    """Return the last windows that together are not longer than `limit_s`."""
    start, length_s = len(windows), 0.0
    while start and length_s + windows[start - 1].seconds <= limit_s:
        start -= 1
        length_s += windows[start].seconds
    return windows[start:]


def _without_tail(windows: list[Window]) -> list[Window]:
    """Drop all but _TAIL_S of the silence at the end; return nothing if there is no speech."""
    speech = [place for place, window in enumerate(windows) if window.probability > SPEECH]
    if not speech:
        return []
    end, left_s = speech[-1] + 1, _TAIL_S
    while end < len(windows) and windows[end].seconds <= left_s:
        left_s -= windows[end].seconds
        end += 1
    return windows[:end]


def _quietest(windows: list[Window]) -> int:
    """Return where to cut: after the window of the last few seconds that is least likely to be speech."""
    last = len(_newest(windows, _QUIETEST_OF_S))
    return min(range(len(windows) - last, len(windows)), key=lambda place: windows[place].probability) + 1
