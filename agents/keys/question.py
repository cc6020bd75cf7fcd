"""Asks the caller to type a number, collects it, and reads it back if the role wants that."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from livekit.agents.voice import SpeechHandle

from agents.keys.digit_entry import DigitEntry, Step
from agents.keys.key_pad import KeyPad, Keys
from agents.roster.checked import fill
from agents.roster.keys import KeysEntry
from agents.roster.shared_prompts import HouseLines
from agents.tools.own_tool import NotDone

TRIES = 3
CONFIRM_S = 20.0
"""The time to press 1 or 2, from the first word of the read-back on."""
_SETTLE_S = 1.0
"""How long keys still belong to a number that is complete: a digit too many, or a late end key."""
_RIGHT, _WRONG = "1", "2"
_GROUP = 3

Say = Callable[[str], SpeechHandle | None]
"""Begins to say a line; None while somebody else speaks."""


class NotTyped(NotDone):
    """The caller did not type the number. The text is for the model; it has no digits."""


class DigitQuestion:
    """Asks for numbers in one call. The caller may speak meanwhile: nothing here listens to words."""

    def __init__(self, pad: KeyPad, say: Say, lines: HouseLines) -> None:
        self._pad, self._say, self._lines = pad, say, lines

    async def ask(self, wanted: KeysEntry) -> str:
        """Ask for a number, and return its digits. Raises: NotTyped."""
        line = wanted.says
        for _ in range(TRIES):
            step, typed = await self._typed(wanted, line)
            if not typed:
                raise NotTyped(f"The caller typed nothing. {_instead(wanted)}")
            if step is Step.WHOLE and (not wanted.confirm or await self._is_right(wanted, typed)):
                return typed
            line = again_line(self._lines, wanted)
        raise NotTyped(f"The caller has tried {TRIES} times. {_instead(wanted)}")

    async def _typed(self, wanted: KeysEntry, line: str) -> tuple[Step, str]:
        entry, step = DigitEntry(wanted), Step.GOES_ON
        with self._pad.listening() as keys:
            speech = self._say(line)
            try:
                async with asyncio.timeout(wanted.within_s):
                    while step is Step.GOES_ON:
                        step = await _next(entry, keys, wanted.between_s, speech)
            except TimeoutError:
                step = entry.end()
        return step, entry.typed

    async def _is_right(self, wanted: KeysEntry, typed: str) -> bool:
        """Whether the caller confirms by key. Raises: NotTyped, if they press neither key."""
        if wanted.secret:
            line = fill(self._lines.keys_right_secret, count=str(len(typed)))
        else:
            line = fill(self._lines.keys_right, digits=_spoken(typed))
        await asyncio.sleep(_SETTLE_S)
        with self._pad.listening() as keys:
            speech = self._say(line)
            try:
                async with asyncio.timeout(CONFIRM_S):
                    while (key := await keys.get()) not in (_RIGHT, _WRONG):
                        pass
            except TimeoutError:
                raise NotTyped(f"The caller did not say whether it is right. {_instead(wanted)}") from None
            _hush(speech)
        return key == _RIGHT


async def _next(entry: DigitEntry, keys: Keys, between_s: float, speech: SpeechHandle | None) -> Step:
    try:
        async with asyncio.timeout(between_s if entry.typed else None):
            key = await keys.get()
    except TimeoutError:
        return entry.end()
    _hush(speech)
    return entry.press(key)


def again_line(lines: HouseLines, wanted: KeysEntry) -> str:
    """Return what the caller hears before the second and the third try."""
    return f"{lines.keys_again} {wanted.says}"


def longest_s(wanted: KeysEntry) -> float:
    """Return how many seconds a question can take, all tries included."""
    return TRIES * (wanted.within_s + _SETTLE_S + CONFIRM_S)


def _instead(wanted: KeysEntry) -> str:
    return "Do not ask them to say it." if wanted.secret else "They may say it instead."


def _spoken(digits: str) -> str:
    groups = [digits[start : start + _GROUP] for start in range(0, len(digits), _GROUP)]
    return ", ".join(" ".join(group) for group in groups)


def _hush(speech: SpeechHandle | None) -> None:
    """Stop the speech: a caller who types has heard enough."""
    if speech is not None and not speech.done():
        speech.interrupt()
