"""What the caller hears from the holder during a handoff, how long nothing, and how long they hold."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from errors import VoiceFailed
from transfer.ports import Clock, Voice

log = logging.getLogger(__name__)

_MUSIC_LIMIT_S = 5.0
_MUSIC_AGAIN_S = 0.25
_MUSIC_AFTER_S = 1.0
"""Silence before music for a caller whose target has said yes: it usually speaks sooner."""


class Stretches:
    """Adds up how long something lasted that may begin again. Beginning or ending it twice does nothing."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._since: int | None = None
        self.length_ms = 0

    @property
    def so_far_ms(self) -> int:
        return self.until(self._clock.now_ms())

    def until(self, at: int) -> int:
        """How long it had lasted at this time, ms UTC."""
        return self.length_ms + (0 if self._since is None else max(0, at - self._since))

    @property
    def running(self) -> bool:
        return self._since is not None

    def begin(self) -> None:
        if self._since is None:
            self._since = self._clock.now_ms()

    def end(self, at: int | None = None) -> None:
        """`at`: when it ended, ms UTC; None: now."""
        self.length_ms, self._since = self.until(self._clock.now_ms() if at is None else at), None


class CallerAudio:
    """The hold line at once, music if the wait outlasts it, then the introduction or the way back.

    The next line never cuts a sentence short; only the caller and `fall_silent` do. A line lasts at most
    `line_limit_s` seconds. A voice that fails is logged and does not stop the handoff: the target has its own
    voice.
    """

    def __init__(
        self, voice: Voice, clock: Clock, *, line_limit_s: float, holds_since: int | None = None
    ) -> None:
        """`holds_since`: when a lost holder asked this caller to hold, ms UTC; they hold no more."""
        self._voice = voice
        self._clock = clock
        self._line_limit_s = line_limit_s
        self._holding: list[asyncio.Task[None]] = []  # one for each hold line, the newest last
        self._asked_to_hold = asyncio.Event()
        self._music_wanted = self._music_plays = False
        self._in_a_moment = False  # whether somebody is about to speak
        self._silent_since: int | None = None
        self._held = Stretches(clock)
        self._music = Stretches(clock)
        self.longest_silence_ms = 0
        if holds_since is not None:
            self._held.length_ms = max(0, clock.now_ms() - holds_since)

    @property
    def on_hold_ms(self) -> int:
        """From the end of the first hold line until the caller was spoken with again, or until now.

        Lines to a caller who holds already are a part of it: another target's hold line. A target that speaks
        first ends it with its first word, and adds what it took from our last sound on.
        """
        return self._held.so_far_ms

    @property
    def music_ms(self) -> int:
        """How much of it had music, as the caller heard it."""
        return self._music.so_far_ms

    def on_hold_until(self, at: int) -> int | None:
        """Time on hold until then; None if somebody has spoken with the caller since they were asked to."""
        return self._held.until(at) if self._held.running else None

    def hold(self, line: Sequence[str]) -> None:
        """Ask the caller to hold, in these sentences. To one who holds already, after those under way."""
        before = (self._holding[-1], self._asked_to_hold) if self._holding else None
        self._music_wanted, self._asked_to_hold, self._in_a_moment = True, asyncio.Event(), False
        holding = self._hold(line, before, self._asked_to_hold)
        self._holding.append(asyncio.create_task(holding, name="hold"))

    async def remind(self, line: Sequence[str]) -> None:
        """Tell something to a caller who holds, after what they are saying. Music plays until then."""
        await self._asked_to_hold.wait()
        if await self._hear_out():
            self.hold(line)

    def shorten_hold_line(self) -> None:
        """The target speaks in a moment: end the hold line with its sentence, and be slow to play music."""
        self._in_a_moment = True

    async def asked_to_hold(self) -> None:
        """Return when the hold line has been said. No music follows it unless `hold` is called again."""
        self._music_wanted = False
        await self._asked_to_hold.wait()

    async def introduce(self, line: str) -> int:
        """Speak it once the caller has finished what they say; empty: speak nothing.

        Returns when the caller was last silent, ms UTC, even if the line could not be spoken.
        """
        await self._end_holding()
        await self._hear_out()
        if line:
            self._held.end()
            await self._say(line)
            await self._hear_out()
        return self._clock.now_ms() if self._silent_since is None else self._silent_since

    async def go_back(self, line: str, *, happened: str) -> None:
        """Talk to the caller again. Whatever fails, the ears are open afterwards."""
        try:
            await self._end_holding()
            self._held.end()
            self._sound_begins()
            async with asyncio.timeout(self._line_limit_s):
                await self._voice.go_on(line, happened=happened)
        except Exception:  # nobody is left to tell, and the ears must open
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

    async def _hold(
        self,
        line: Sequence[str],
        before: tuple[asyncio.Task[None], asyncio.Event] | None,
        asked: asyncio.Event,
    ) -> None:
        """Say `line` after the one before, unless the next has replaced it; set `asked`; play music."""
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
                stopped = not await self._say_hold_line(line, asked)
                self._held.begin()
        finally:
            asked.set()
        if stopped:
            await self._hear_out()
        if self._in_a_moment:
            await asyncio.sleep(_MUSIC_AFTER_S)
        await self._play_music()

    async def _say_hold_line(self, line: Sequence[str], asked: asyncio.Event) -> bool:
        """Sentence by sentence, until something else is to be said; returns whether the caller let us."""
        for number, sentence in enumerate(line):
            if number and (self._in_a_moment or asked is not self._asked_to_hold):
                break
            if not await self._say(sentence):
                return False
        return True

    async def _play_music(self) -> None:
        while self._music_wanted and not self._music_plays:
            self._music_plays = await self._voice.start_music()
            if self._music_plays:
                self._music.begin()
                self._sound_begins()
            else:  # the room is unreachable, and no event says when it is back
                await asyncio.sleep(_MUSIC_AGAIN_S)

    async def _hear_out(self) -> bool:
        """Let the caller finish: nobody talks over them, and what they say is passed on whole.

        False: they have not finished within a line's limit.
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
        silent_since = self._silent_since
        self._sound_begins()
        try:
            async with asyncio.timeout(self._line_limit_s):
                spoken = await self._voice.say(line)
        except (VoiceFailed, TimeoutError) as error:
            log.warning("a line of the handoff was not spoken", extra={"error": type(error).__name__})
            self._silent_since = silent_since
            return True
        self._silent_since = spoken.until
        return spoken.whole

    async def _end_holding(self) -> None:
        """Let the sentence under way end, then stop the music. If cancelled, the next call repeats it."""
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
