"""Keeps a caller company while they wait for a target: gives news of the wait, and answers their words."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from functools import partial

from persistence.records import RoleName
from tasks import together
from transfer.holder.caller_audio import CallerAudio
from transfer.ports import Help, Voice

Reminders = Callable[[RoleName], AsyncGenerator[Sequence[str], None]]
"""Yield the next sentences to a caller who waits for this target, each time that they are due."""

Helper = Callable[[Sequence[str]], Awaitable[Help | None]]
"""Return the answer to a waiting caller's words, ready to be spoken. None: the model is unavailable."""

Helpers = Callable[[RoleName], Helper | None]
"""Return the helper for a caller who waits for this target. None: nobody helps, and the target answers."""


class Company:
    """Keeps one handoff's caller company."""

    def __init__(
        self,
        voice: Voice,
        audio: CallerAudio,
        *,
        reminders: Reminders | None,
        helpers: Helpers | None,
        stops: Callable[[str], None],
        talked: Callable[[], None],
    ) -> None:
        """`stops` is called if the caller does not want to wait longer, with the words to reply, if any.

        `talked` is called after the caller has heard an answer.
        """
        self._voice, self._audio = voice, audio
        self._reminders, self._helpers = reminders, helpers
        self._stops, self._talked = stops, talked

    async def keep(self, target: RoleName) -> None:
        """Run until cancelled, once the target has said yes or no."""
        async with together() as group:
            group.create_task(self._remind(target))
            group.create_task(self._help(target))

    async def _remind(self, target: RoleName) -> None:
        """Give the caller news of a long wait, once they have finished speaking. Music plays until then."""
        if self._reminders is None:
            return
        async with aclosing(self._reminders(target)) as reminders:
            async for line in reminders:
                await self._audio.remind(line)

    async def _help(self, target: RoleName) -> None:
        """Answer a caller who speaks. Words without an answer are kept and retried with the next ones."""
        helper = None if self._helpers is None else self._helpers(target)
        while helper is not None:
            said = await self._voice.addressed()
            self._audio.talks()
            help_ = await helper(said)  # the music goes on meanwhile
            if help_ is None or not await self._audio.finished() or self._voice.is_addressed:
                continue
            if help_.stops:
                if help_.words:
                    await self._voice.note_answered(said)
                self._stops(help_.words)
                return
            if help_.words:
                await self._audio.answer(help_.words, partial(self._heard, said))

    async def _heard(self, said: Sequence[str]) -> None:
        await self._voice.note_answered(said)
        self._talked()
