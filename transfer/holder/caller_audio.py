"""Plays what the caller hears from the holder during a handoff; measures silence and time on hold."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from errors import VoiceFailed
from transfer.ports import Clock, Spoken, Voice

log = logging.getLogger(__name__)

_MUSIC_LIMIT_S = 5.0
_MUSIC_AGAIN_S = 0.25
_MUSIC_AFTER_S = 1.0
"""Silence before music once the target has said yes: the target usually speaks sooner."""
_TALKS_ON_S = 1.2
"""Silence before music while a caller is talking with us: they may continue, or the next answer may come."""
_TALK_OVER_S = 8.0
"""After this long without a word from either side, a talk with a caller on hold is over, and news of the wait
may be spoken."""
_ANSWER_LIMIT_S = 30.0
_BREAK_OFF_S = 0.4
"""How long an answer may continue once the target has said yes: about one word. It takes a second until the
caller hears a person; half of that is left."""


class Stretches:
    """The total length of something that can start several times. A second start or end does nothing."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._since: int | None = None
        self.length_ms = 0

    @property
    def so_far_ms(self) -> int:
        return self.until(self._clock.now_ms())

    def until(self, at: int) -> int:
        """Return the total length, in ms, at this time, ms UTC."""
        return self.length_ms + (0 if self._since is None else max(0, at - self._since))

    @property
    def running(self) -> bool:
        return self._since is not None

    def begin(self) -> None:
        if self._since is None:
            self._since = self._clock.now_ms()

    def end(self, at: int | None = None) -> None:
        """End the stretch. `at`: when it ended, ms UTC; None: now."""
        self.length_ms, self._since = self.until(self._clock.now_ms() if at is None else at), None


class CallerAudio:
    """Plays the hold line at once, music if the wait is longer, then the introduction or the way back.

    A new line never cuts a sentence short; only the caller, `fall_silent` and, for an answer,
    `shorten_hold_line` do. A line other than an answer lasts at most `line_limit_s` seconds. A voice that
    fails is logged and does not stop the handoff: the target has its own voice.
    """

    def __init__(
        self, voice: Voice, clock: Clock, *, line_limit_s: float, holds_since: int | None = None
    ) -> None:
        """`holds_since`: when a lost holder asked this caller to hold, ms UTC. That hold is over now."""
        self._voice = voice
        self._clock = clock
        self._line_limit_s = line_limit_s
        self._holding: list[asyncio.Task[None]] = []  # one for each hold line, the newest last
        self._asked_to_hold = asyncio.Event()
        self._music_wanted = self._music_plays = False
        self._in_a_moment = False  # whether somebody is about to speak
        self._break_off = asyncio.Event()  # set: even an answer is cut off
        self._talks_until = 0.0  # on the loop's clock
        self._silent_since: int | None = None
        self._held = Stretches(clock)
        self._music = Stretches(clock)
        self.longest_silence_ms = 0
        if holds_since is not None:
            self._held.length_ms = max(0, clock.now_ms() - holds_since)

    @property
    def on_hold_ms(self) -> int:
        """Time from the end of the first hold line until an agent spoke with the caller again, or until now.

        It includes lines to a caller already on hold, such as another target's hold line. If the target
        speaks next, its first word ends the hold, and it adds the time since our last sound.
        """
        return self._held.so_far_ms

    @property
    def music_ms(self) -> int:
        """How much of the time on hold had music, as the caller heard it."""
        return self._music.so_far_ms

    def on_hold_until(self, at: int) -> int | None:
        """Return the time on hold until `at`, or None if somebody has spoken with the caller since."""
        return self._held.until(at) if self._held.running else None

    def hold(self, line: Sequence[str]) -> None:
        """Ask the caller to hold, in these sentences, once the sentence or answer under way is over."""
        self._in_a_moment = False
        self._break_off.clear()
        self._say_next(lambda asked: self._say_hold_line(line, asked))

    async def remind(self, line: Sequence[str]) -> None:
        """Say something to a caller on hold, once they have finished speaking. Music plays until then."""
        await self._asked_to_hold.wait()
        await self._talk_over()
        if await self._hear_out():
            self.hold(line)

    def talks(self) -> None:
        """Note that a caller on hold is talking with us, so news of the wait is delayed."""
        self._talks_until = asyncio.get_running_loop().time() + _TALK_OVER_S

    async def _talk_over(self) -> None:
        now = asyncio.get_running_loop().time
        while now() < self._talks_until:  # noqa: ASYNC110 - each of their words moves it
            await asyncio.sleep(self._talks_until - now())

    async def finished(self) -> bool:
        """Wait until neither we nor the caller speaks. Returns False if they did not stop in time."""
        await self._asked_to_hold.wait()
        return await self._hear_out()

    async def answer(self, words: str, heard: Callable[[], Awaitable[None]]) -> None:
        """Answer a caller on hold. Music follows if they say no more.

        `heard` is called once they have heard the answer or interrupted it, but not if it could not be spoken
        or was broken off because the target is about to speak.
        """
        await self._say_next(lambda _: self._say_answer(words, heard), talks=True).wait()

    def shorten_hold_line(self) -> None:
        """End the hold line after its current sentence and delay music: the target is about to speak.

        An answer ends sooner, between two of its words.
        """
        self._in_a_moment = True
        self._break_off.set()

    async def asked_to_hold(self) -> None:
        """Wait until the hold line has been said. No music follows it unless `hold` is called again."""
        self._music_wanted = False
        await self._asked_to_hold.wait()

    async def introduce(self, line: str) -> int:
        """Speak the line, if it is not empty, once the caller has finished.

        Returns when the silence began, ms UTC, even if the line could not be spoken.
        """
        await self._end_holding()
        await self._hear_out()
        if line:
            self._held.end()
            await self._say(line)
            await self._hear_out()
        return self._clock.now_ms() if self._silent_since is None else self._silent_since

    async def go_back(self, line: str, *, happened: str, answers: bool = False) -> None:
        """Talk to the caller again. Whatever fails, the ears are open afterwards.

        `answers`: the line answers the caller, so it may be longer.
        """
        try:
            await self._end_holding()
            self._held.end()
            self._sound_begins()
            async with asyncio.timeout(_ANSWER_LIMIT_S if answers else self._line_limit_s):
                await self._voice.go_on(line, happened=happened)
        except Exception:  # nobody is left to report it to, and the ears must open
            log.exception("the words back to the caller failed")
        finally:
            self._voice.open_ears()

    async def fall_silent(self) -> None:
        """Stop every sound at once."""
        for holding in self._holding:
            holding.cancel()
        self._asked_to_hold.set()
        await self._end_holding()
        self._held.end()

    def _say_next(
        self, say: Callable[[asyncio.Event], Awaitable[bool]], *, talks: bool = False
    ) -> asyncio.Event:
        """Queue `say` after the current line, then music. Returns the event that is set in between."""
        before = (self._holding[-1], self._asked_to_hold) if self._holding else None
        self._music_wanted, self._asked_to_hold = True, asyncio.Event()
        holding = self._hold(say, before, self._asked_to_hold, talks=talks)
        self._holding.append(asyncio.create_task(holding, name="hold"))
        return self._asked_to_hold

    async def _hold(
        self,
        say: Callable[[asyncio.Event], Awaitable[bool]],
        before: tuple[asyncio.Task[None], asyncio.Event] | None,
        asked: asyncio.Event,
        *,
        talks: bool,
    ) -> None:
        """Call `say` after the line before it, unless a newer one has replaced it; set `asked`; play music.

        `say` returns whether the caller let us finish. `talks`: the caller may continue to talk.
        """
        try:
            if before is None:
                await self._close_ears()
                if self._silent_since is None:  # else it has been silent since the last attempt
                    self._silent_since = self._clock.now_ms()
            else:
                holding, asked_before = before
                await asked_before.wait()
                holding.cancel()
                await asyncio.wait({holding})
                await self._stop_music()
            stopped = False
            if asked is self._asked_to_hold:
                stopped = not await say(asked)
                self._held.begin()
        finally:
            asked.set()
        if stopped:
            await self._hear_out()
        if talks:
            await self._leave_the_word()
        if self._in_a_moment:
            await asyncio.sleep(_MUSIC_AFTER_S)
        await self._play_music()

    async def _say_hold_line(self, line: Sequence[str], asked: asyncio.Event) -> bool:
        """Speak the sentences until something else is due. Returns whether the caller let us finish."""
        for number, sentence in enumerate(line):
            if number and (self._in_a_moment or asked is not self._asked_to_hold):
                break
            if not await self._say(sentence):
                return False
        return True

    async def _say_answer(self, words: str, heard: Callable[[], Awaitable[None]]) -> bool:
        """Returns whether the caller let us finish."""
        if self._break_off.is_set():
            return True
        self.talks()
        saying = asyncio.ensure_future(self._spoken(self._voice.reply(words), _ANSWER_LIMIT_S))
        breaking = asyncio.ensure_future(self._break_off.wait())
        try:
            await asyncio.wait({saying, breaking}, return_when=asyncio.FIRST_COMPLETED)
            if broken_off := not saying.done():
                await self._voice.break_off(_BREAK_OFF_S)
            spoken = await saying
        finally:
            saying.cancel()
            breaking.cancel()
            await asyncio.gather(saying, breaking, return_exceptions=True)
        self.talks()
        if spoken is None or broken_off:
            return True
        await heard()
        return spoken.whole

    async def _leave_the_word(self) -> None:
        """Wait until nobody has spoken for a moment."""
        while self._silent_since is not None:
            left_s = _TALKS_ON_S - (self._clock.now_ms() - self._silent_since) / 1000
            if left_s <= 0:
                return
            await asyncio.sleep(left_s)
            await self._hear_out()

    async def _play_music(self) -> None:
        while self._music_wanted and not self._music_plays:
            self._music_plays = await self._voice.start_music()
            if self._music_plays:
                self._music.begin()
                self._sound_begins()
            else:  # the room is unreachable, and no event says when it is back
                await asyncio.sleep(_MUSIC_AGAIN_S)

    async def _hear_out(self) -> bool:
        """Let the caller finish, so that nobody talks over them and all their words are passed on.

        Returns False if they have not finished within a line's limit.
        """
        try:
            async with asyncio.timeout(self._line_limit_s):
                ended_at = await self._voice.hear_out()
        except TimeoutError:
            log.warning("the caller did not stop speaking in time")
            return False
        if ended_at is not None and self._silent_since is not None:
            self._silent_since = max(self._silent_since, ended_at)
        return True

    async def _close_ears(self) -> None:
        try:
            async with asyncio.timeout(self._line_limit_s):
                await self._voice.close_ears()
        except TimeoutError:
            log.warning("the reply under way took too long")

    async def _say(self, line: str) -> bool:
        """Returns whether the caller let us finish."""
        spoken = await self._spoken(self._voice.say(line), self._line_limit_s)
        return spoken is None or spoken.whole

    async def _spoken(self, saying: Awaitable[Spoken], limit_s: float) -> Spoken | None:
        """Wait until the line is over. Returns None if it was not spoken."""
        silent_since = self._silent_since
        self._sound_begins()
        try:
            async with asyncio.timeout(limit_s):
                spoken = await saying
        except (VoiceFailed, TimeoutError) as error:
            log.warning("a line of the handoff was not spoken", extra={"error": type(error).__name__})
            self._silent_since = silent_since
            return None
        self._silent_since = spoken.until
        return spoken

    async def _end_holding(self) -> None:
        """Let the current sentence end, then stop the music. If cancelled, the next call does it again."""
        if not self._holding:
            return
        self._music_wanted, self._in_a_moment = False, True
        await self._asked_to_hold.wait()
        for holding in self._holding:
            holding.cancel()
        for failure in await asyncio.gather(*self._holding, return_exceptions=True):
            if isinstance(failure, Exception):
                log.error("holding failed", exc_info=failure)
        await self._stop_music()
        if self._silent_since is None:
            self._silent_since = self._clock.now_ms()
        self._holding = []

    async def _stop_music(self) -> None:
        ended_at = None
        try:
            async with asyncio.timeout(_MUSIC_LIMIT_S):
                ended_at = await self._voice.stop_music()
        except Exception:  # music that does not stop must not block the words
            log.exception("the music did not stop")
        if self._music_plays and self._silent_since is None:
            self._silent_since = self._clock.now_ms() if ended_at is None else ended_at
        self._music_plays = False
        self._music.end(ended_at)

    def _sound_begins(self) -> None:
        if self._silent_since is not None:
            silence_ms = self._clock.now_ms() - self._silent_since
            self.longest_silence_ms = max(self.longest_silence_ms, silence_ms)
            self._silent_since = None
