"""Tells the person who answers the telephone what the call is about, and asks whether they take it.

Only a yes counts, by key or by word: a mailbox says none. Signs of a machine end the call sooner. A machine
may also say "yes", as in a greeting that a person recorded, or send a key of its own. So word and key count
only as an answer to the question: after there was time to hear it, and once the last words are known. A
person who presses the key sooner gets the question at once, and one whose answer was not understood gets it
again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from agents.phone.answer import understood
from agents.roster.phone import ACCEPTS_WITHIN_S
from agents.roster.phone_words import PhoneWords
from agents.words import has_phrase, words_of
from persistence.phones import DialState
from tasks import BackgroundTasks

log = logging.getLogger(__name__)

UNTIL_VOICE_S = 2.0
"""Seconds after which we speak to a person who answers and waits."""
HEARD_AFTER_S = 0.5
"""Seconds from the question's first word until an answer to it can come: the line alone takes 0.3 s.
The second report of one key press does not count as an answer either."""
ANSWERS_WITHIN_S = 6.0
AGAIN_AFTER_S = 1.5
"""The shortest time from the question's end until it is repeated: an answer may just be coming."""
SPEAKS_ON_S = 4.0
"""How long we let somebody finish before we speak: enough for a short answer and its recognition."""
_MOST_QUESTIONS, _MOST_SILENCES = 4, 2
"""We hang up after this many questions, or this many that got no reply."""
_LONGEST_GREETING = 20
"""The most words in a row before the question. People who answer a telephone say fewer, and then listen."""
WORDS_WITHIN_S = 1.0
"""How long a key waits for words still being said: a machine says "press one to accept", then sends key 1."""
_YES, _NO = "1", "2"


class Asking:
    """Asks on one answered telephone, once. `told`: what is spoken, in order, before the question."""

    def __init__(
        self,
        words: PhoneWords,
        speak: Callable[[str], Awaitable[None]],
        *,
        told: tuple[str, ...],
    ) -> None:
        self._words, self._speak, self._told = words, speak, told
        self._outcome: asyncio.Future[DialState] = asyncio.get_running_loop().create_future()
        self._voice = asyncio.Event()
        self._words_are_known = asyncio.Event()
        self._words_are_known.set()
        self._asked_at = float("inf")  # on the loop's clock
        self._we_speak = False
        self._answers = self._over_us = self._has_words = False  # about what they say now
        self._unclear = asyncio.Event()
        self._hurry = asyncio.Event()
        self._tasks = BackgroundTasks()
        self._key: asyncio.Task[None] | None = None

    async def outcome(self) -> DialState:
        """Return ACCEPTED, or why not. The whisper stops then."""
        telling = asyncio.create_task(self._tell(), name="whisper")
        either: set[asyncio.Future[Any]] = {telling, self._outcome}
        try:
            async with asyncio.timeout(ACCEPTS_WITHIN_S):
                await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
                if self._key is not None:  # pressed at the last moment
                    either = {self._key, self._outcome}
                    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        except TimeoutError:
            pass
        finally:
            telling.cancel()
            await asyncio.gather(telling, return_exceptions=True)
            await self._tasks.cancel()
        if self._outcome.done():
            return self._outcome.result()
        return DialState.NOT_ACCEPTED if self._voice.is_set() else DialState.SILENT

    def hear_voice(self) -> None:
        """Note that somebody, or something, begins to speak."""
        self._voice.set()
        self._words_are_known.clear()
        self._answers, self._over_us, self._has_words = self._is_asked, self._we_speak, False

    def hear_words(self, text: str, *, final: bool) -> None:
        """Take the words since `hear_voice`. `final`: no more words follow, only `hear_end`."""
        self._has_words = True
        if has_phrase(text, self._words.screening):
            self._decide(DialState.SCREENED)
        elif has_phrase(text, self._words.machine) or self._is_a_speech(text):
            self._decide(DialState.MACHINE)
        elif final and self._answers:
            answer = understood(text, self._words, over_us=self._over_us)
            if answer != "other":
                self._decide(DialState.ACCEPTED if answer == "yes" else DialState.DECLINED)

    def hear_end(self) -> None:
        """Note the end of speech, after which no words follow. There may have been none."""
        self._words_are_known.set()
        if self._is_asked and (self._has_words or not self._over_us):  # without words, it may be our echo
            self._unclear.set()

    def hear_key(self, key: str) -> None:
        if key == _NO:
            self._decide(DialState.DECLINED)
        elif key == _YES and self._is_asked:
            self._key = self._tasks.start(self._take_key(), name="a key")
        elif key == _YES:
            self._hurry.set()

    @property
    def _is_asked(self) -> bool:
        """Whether what comes now may be an answer to the question."""
        return asyncio.get_running_loop().time() - self._asked_at >= HEARD_AFTER_S

    async def _take_key(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(WORDS_WITHIN_S):
                await self._words_are_known.wait()
        self._decide(DialState.ACCEPTED)

    def _is_a_speech(self, text: str) -> bool:
        return not self._answers and len(words_of(text)) > _LONGEST_GREETING

    def hear_beep(self) -> None:
        """Note a pure tone, which people do not make."""
        self._decide(DialState.MACHINE)

    def hang_up(self) -> None:
        """Note that they have hung up."""
        self._decide(DialState.HUNG_UP)

    def _decide(self, outcome: DialState) -> None:
        if not self._outcome.done():
            self._outcome.set_result(outcome)

    async def _tell(self) -> None:
        brief = self._tasks.start(self._brief(), name="brief")
        hurry = self._tasks.start(self._hurry.wait(), name="a key before the question")
        await asyncio.wait({brief, hurry}, return_when=asyncio.FIRST_COMPLETED)
        brief.cancel()
        await asyncio.wait({brief})
        self._asked_at = asyncio.get_running_loop().time()
        question, silences = self._words.question, 0
        for _ in range(_MOST_QUESTIONS):
            self._unclear.clear()
            await self._say(question)
            unclear = await self._hears_no_answer()
            silences += not unclear
            if silences == _MOST_SILENCES:
                return
            question = self._words.repeat if unclear else self._words.question

    async def _hears_no_answer(self) -> bool:
        """Whether they said something that is no answer. False: they said nothing for the whole wait."""
        with suppress(TimeoutError):
            async with asyncio.timeout(ANSWERS_WITHIN_S):
                await asyncio.sleep(AGAIN_AFTER_S)
                await self._unclear.wait()
        with suppress(TimeoutError):
            async with asyncio.timeout(SPEAKS_ON_S):
                await self._words_are_known.wait()
        return self._unclear.is_set()

    async def _brief(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(UNTIL_VOICE_S):
                await self._voice.wait()
        for text in self._told:
            await self._say(text)

    async def _say(self, text: str) -> None:
        self._we_speak = True
        try:
            await self._speak(text)
        except Exception:  # keys still work, and nobody is hung up on for a fault of ours
            log.exception("somebody on a telephone was not spoken to")
        finally:
            self._we_speak = False
