"""Obtains a caller's consent to be recorded, by staying or by word. Nothing is recorded before."""

from __future__ import annotations

import asyncio
import logging

from agents.roster.shared_prompts import House
from agents.session.voice import SessionVoice
from agents.words import Answer, answer_of
from errors import StoreError, VoiceFailed
from persistence.contract.store import Store
from persistence.records import Call, JobId
from transfer.ports import Clock

log = logging.getLogger(__name__)

_ANSWER_LIMIT_S = 8.0
_STORE_LIMIT_S = 2.0


class RecordingConsent:
    """One call's consent. `is_asking`: the caller's next words answer our question, and no other."""

    def __init__(self, store: Store, row: Call, job: JobId, clock: Clock, house: House) -> None:
        self._store, self._row, self._job, self._clock, self._house = store, row, job, clock, house
        self._answer: asyncio.Future[Answer] | None = None

    @property
    def is_asking(self) -> bool:
        return self._answer is not None and not self._answer.done()

    def hears(self, words: str) -> Answer | None:
        """Take a caller's turn as the answer. None: we asked nothing. "other": the model must answer it."""
        if self._answer is None or self._answer.done():
            return None
        answer = answer_of(words, yes=self._house.recording_yes, no=self._house.recording_no)
        self._answer.set_result(answer)
        return answer

    async def obtain(self, voice: SessionVoice) -> bool:
        """Tell or ask the caller, and record the answer.

        Returns False if they spoke of something else, which the model is answering: then no greeting is due.
        """
        if self._house.recording_consent == "staying":
            try:
                await voice.say_whole(self._house.recording_notice)
            except VoiceFailed:
                log.warning(
                    "the recording notice was not spoken, so the call is not recorded",
                    extra={"call": self._row.id},
                )
                return True
            await self._decide(allowed=True)
            return True
        answer = await self._asked(voice)
        await self._decide(allowed=answer == "yes")
        return answer != "other"

    async def _asked(self, voice: SessionVoice) -> Answer | None:
        """Ask the caller. Returns None if no answer came."""
        self._answer = asyncio.get_running_loop().create_future()
        try:
            await voice.speak(self._house.recording_question)
            async with asyncio.timeout(_ANSWER_LIMIT_S):
                return await self._answer
        except TimeoutError:
            return None
        finally:
            self._answer.cancel()

    async def _decide(self, *, allowed: bool) -> None:
        try:
            async with asyncio.timeout(_STORE_LIMIT_S):
                await self._store.decide_recording(
                    self._row.id, allowed=allowed, job=self._job, at=self._clock.now_ms()
                )
        except (StoreError, TimeoutError) as error:
            log.warning("a call is not recorded", extra={"call": self._row.id, "error": type(error).__name__})
