"""Speaks to the person who answers the telephone: synthesised while it rings, so that it starts at once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable
from contextlib import suppress

from livekit.agents import APIError

from agents.audio.prepared_audio import PromptAudio
from agents.phone.own_line import OwnLine
from tasks import Tasks

log = logging.getLogger(__name__)


class Whisper:
    """The whisper of one attempt, for every number that it calls."""

    def __init__(self, make: Callable[[str], Coroutine[object, object, PromptAudio]]) -> None:
        """`make` renders a text. It raises: APIError; RuntimeError: the session has ended."""
        self._make = make
        self._making: dict[str, asyncio.Task[PromptAudio]] = {}
        self._tasks = Tasks()

    def prepare(self, texts: Iterable[str]) -> None:
        """Start rendering the texts. One that fails is retried when it is spoken."""
        for text in texts:
            self._making[text] = self._tasks.start(self._make(text), name="prepare the whisper")

    async def speak(self, line: OwnLine, text: str) -> None:
        """Speak into the telephone's own room. Without a voice nothing is said, but keys still work."""
        try:
            sound = await self._sound(text)
            await line.play(sound.play())
        except (APIError, RuntimeError) as error:
            log.warning("the brief was not spoken", extra={"error": type(error).__name__})

    async def stop(self) -> None:
        """Stop preparing. Never raises."""
        self._making.clear()
        await self._tasks.cancel()

    async def _sound(self, text: str) -> PromptAudio:
        if (making := self._making.get(text)) is not None:
            with suppress(APIError, RuntimeError):
                return await asyncio.shield(making)
        return await self._make(text)
