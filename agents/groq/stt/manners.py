"""Decides how a caller's turn affects the agent's speech (pause, resume, stop), and when the turn ends.

Each stream has one, which it keeps from turn to turn. No LiveKit here.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable

from agents.audio.vad import SPEECH, STILL_SPEECH
from agents.groq.stt.turn_audio import Window
from agents.turns.nods import LONGEST_NOD_S
from agents.turns.turn_judge import HOLD_AFTER_S, TurnJudge
from tasks import BackgroundTasks

_ASK_AFTER_S = 0.2
"""Silence that the end-of-turn model needs to judge the voice (LiveKit's MIN_SILENCE_DURATION_MS)."""
_LATEST_S = 1.2
"""Seconds of audio that the end-of-turn model gets."""
_LEAST_SPEECH_S = 0.1
"""A sound with less speech is a click, and does not hold the agent."""
_END_OF_SOUND_S = 0.06
"""Quiet after which a sound that may be a nod is over: two windows of the VAD."""
_PAST_S, _PAST_CLICK_S = 0.25, 0.1
"""Silence after which a sound that does not hold the agent is past; the second value is for a sound with
hardly any speech. What follows is a new sound, such as a word after a click, or after noise has begun."""
_QUIET, _LOUD_AGAIN = 0.25, 0.5
"""Shares of a sound's peak loudness: below the first it is quiet, from the second on it has begun again. In
noise the VAD hears the end of a word 0.1 to 0.2 s late."""
_REST_OF_NOD_S = 0.35
"""Speech that may follow the first words of a nod, which are transcribed before the nod has ended."""
_GUESS_AFTER_S = 0.36
"""From this length on, a sound over the agent's speech is transcribed while it lasts: in a shorter one, "no"
is heard as "oh"."""

_LONGEST_HOLD_S = 1.2
"""Silence after which a held agent continues, even if the caller's words are not known yet."""

TurnModel = Callable[[bytes], Awaitable[float | None]]
"""Takes 16-bit mono samples at 16 kHz; returns the probability that the turn is over, or None."""


class Manners:
    """`judged` is called when the end-of-turn model has answered.

    `transcribe` is called for the first words of a sound over the agent's speech while the sound still lasts,
    and again until it is clear what the sound is, so that a nod holds the agent only for a moment.
    """

    def __init__(
        self,
        judge: TurnJudge,
        model: TurnModel | None,
        judged: Callable[[], None],
        transcribe: Callable[[list[Window]], Awaitable[str]],
    ) -> None:
        self._judge, self._model, self._judged, self._transcribe = judge, model, judged, transcribe
        self.over_agent = False  # the turn began while the agent spoke, and may still be a nod
        self._latest: deque[Window] = deque()
        self._speech_s = 0.0  # of the turn
        self._sound: _Sound | None = None
        self._holding = False
        self._finished: float | None = None  # the end-of-turn model's verdict on this pause
        self._asking: asyncio.Task[None] | None = None
        self._tasks = BackgroundTasks()

    def begin(self, before: Iterable[Window]) -> None:
        """Begin a turn. `before`: the windows that were heard already."""
        self.over_agent, self._holding = self._judge.floor.agent_speaks, False
        self._speech_s, self._sound = 0.0, None
        self._latest.clear()
        self.go_on()
        for window in before:
            self._listen(window)
        if self._judge.floor.agent_replies and not self.over_agent:
            self._hold()  # a reply that has not begun must not begin now

    def hear(self, window: Window, *, speaking: bool, silence_s: float) -> None:
        """Take the next window. `speaking`: in a word or just after it. `silence_s`: since the last word."""
        self._listen(window)
        if self._sound is not None:
            self._meet_agent(self._sound)
        if self._holding and silence_s >= _LONGEST_HOLD_S:
            self._release()
        if self._model is not None and self._asking is None and not speaking and silence_s >= _ASK_AFTER_S:
            heard = b"".join(window.audio for window in self._latest)
            self._asking = self._tasks.start(self._ask(self._model, heard), name="end-of-turn model")

    def go_on(self) -> None:
        """Void the end-of-turn model's verdict on this pause: the caller goes on."""
        if self._asking is not None:
            self._asking.cancel()
        self._asking, self._finished = None, None

    def is_nod(self, words: str) -> bool:
        """Whether the turn so far is only a nod."""
        return self.over_agent and self._judge.is_nod(words, speech_s=self._speech_s)

    def silence_s(self, words: str | None) -> float:
        """Return the seconds of silence that end the turn. `words`: None while they are not known yet."""
        if words is not None and self.is_nod(words):
            return self._judge.patience.done_s
        return self._judge.silence_s(words, self._finished)

    def take(self, words: str, tell: Callable[[], None]) -> None:
        """Act on the words of this pause, and call `tell` unless they are a nod or empty.

        First stop a reply that the agent speaks or prepares: LiveKit does not prepare another alongside it.
        """
        if not words or self.is_nod(words):
            self._release()
        elif self._judge.floor.agent_replies:
            self._give_way(tell)
        else:
            tell()

    def end(self, words: str, *, nod: bool) -> None:
        """End the turn. A held agent continues after a nod or no words, else it gives way."""
        if not words or nod:
            self._release()
        elif self._holding:
            self._give_way(lambda: None)

    async def close(self) -> None:
        """Let a held agent continue, and cancel what is under way."""
        self._release()
        await self._tasks.cancel()

    def _listen(self, window: Window) -> None:
        self._latest.append(window)
        while sum(latest.seconds for latest in self._latest) > _LATEST_S:
            self._latest.popleft()
        self._speech_s += window.seconds if window.probability > SPEECH else 0.0
        if self._sound is not None and self._sound.is_past and not self._holding:
            self._sound = None
        if self._sound is None and self.over_agent and window.probability > STILL_SPEECH:
            self._sound = _Sound()
        if self._sound is not None:
            self._sound.hear(window)

    def _meet_agent(self, sound: _Sound) -> None:
        if sound.is_unclear:
            sound.guessing, sound.guessed_s = True, sound.speech_s
            self._tasks.start(self._guess(sound, list(self._latest)), name="first words")
        if not self._holding and sound.holds and not sound.is_nod:
            self._hold()
        self._release_for_nod(sound)

    def _hold(self) -> None:
        self._holding = True
        self._judge.floor.hold()

    async def _guess(self, sound: _Sound, heard: list[Window]) -> None:
        # A failure is not reported: the whole sound is transcribed when it ends.
        (words,) = await asyncio.gather(self._transcribe(heard), return_exceptions=True)
        sound.guessing = False
        if not isinstance(words, str) or (words and not self.is_nod(words)):
            sound.is_more, sound.nod_until_s = True, 0.0
        elif words:
            sound.nod_until_s = sound.guessed_s + _REST_OF_NOD_S
            self._release_for_nod(sound)

    def _release_for_nod(self, sound: _Sound) -> None:
        """Let the agent continue once a sound has ended whose first words were a nod."""
        if self._holding and self._sound is sound and sound.over and sound.is_nod:
            self._holding = False
            self._judge.floor.go_on()

    def _release(self) -> None:
        self._sound = None
        if self._holding:
            self._holding = False
            self._judge.floor.go_on()

    def _give_way(self, tell: Callable[[], None]) -> None:
        self.over_agent = self._holding = False
        self._sound = None

        async def stop_and_tell() -> None:
            await self._judge.floor.give_way()
            tell()

        self._tasks.start(stop_and_tell(), name="agent gives way")

    async def _ask(self, model: TurnModel, heard: bytes) -> None:
        self._finished = await model(heard)
        self._judged()


class _Sound:
    """A caller's sound while the agent speaks, with the silence after it, until it is known what it was."""

    def __init__(self) -> None:
        self.length_s = self.speech_s = 0.0
        self.guessing = False
        self.guessed_s = 0.0  # speech in the latest guess
        self.nod_until_s = 0.0  # up to this much speech it is a nod, by its first words
        self.is_more = False  # it is more than a nod, or nobody can say
        self._loudest = self._quiet_s = self._silent_s = 0.0

    def hear(self, window: Window) -> None:
        loudness, is_speech = window.loudness, window.probability > SPEECH
        self.length_s += window.seconds
        if is_speech:
            self.speech_s += window.seconds
            self._loudest = max(self._loudest, loudness)
        share = _LOUD_AGAIN if self.over else _QUIET
        is_quiet = not is_speech or loudness < share * self._loudest
        if self.over and not is_quiet:
            self.nod_until_s = 0.0  # it was not over
        self._quiet_s = self._quiet_s + window.seconds if is_quiet else 0.0
        is_silent = window.probability <= STILL_SPEECH
        self._silent_s = self._silent_s + window.seconds if is_silent else 0.0

    @property
    def over(self) -> bool:
        return self._quiet_s >= _END_OF_SOUND_S

    @property
    def is_past(self) -> bool:
        return self._silent_s >= (_PAST_CLICK_S if self.speech_s < _LEAST_SPEECH_S else _PAST_S)

    @property
    def holds(self) -> bool:
        """Whether the sound is so long that the agent must be silent until the sound is understood."""
        return self.length_s >= HOLD_AFTER_S and self.speech_s >= _LEAST_SPEECH_S

    @property
    def is_nod(self) -> bool:
        return self.speech_s <= self.nod_until_s

    @property
    def is_unclear(self) -> bool:
        """Whether to transcribe it now: it is long enough, and has more speech than at the last request."""
        known = self.guessing or self.is_more or (self.over and self.is_nod)
        long_enough = self.length_s >= _GUESS_AFTER_S and self.speech_s >= _LEAST_SPEECH_S
        return not known and long_enough and self.guessed_s < self.speech_s < LONGEST_NOD_S
