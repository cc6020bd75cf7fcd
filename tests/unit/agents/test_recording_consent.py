"""A caller agrees to be recorded by staying or by word; silence and other words are no consent."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from agents.call.recording_consent import RecordingConsent
from agents.roster.roster import load_roster
from agents.roster.shared_prompts import DEFAULT_NO, DEFAULT_YES
from agents.words import Answer, answer_of
from errors import VoiceFailed
from persistence.recording import RecordingState
from settings import GroqSettings, WorkerSettings
from tests.contract.building import CALL, HOLDER, a_call
from tests.support.fakes import LoopClock
from tests.support.memory_store import MemoryStore

HOUSE = load_roster(
    WorkerSettings.model_construct().roster_folder, voices=GroqSettings.model_construct().voices.split()
).house
BY_WORD = replace(HOUSE, recording_consent="word")


class Voice:
    """Keeps what is said aloud. `answer`: the caller's answer once they have heard the question."""

    def __init__(self, consent: RecordingConsent, answer: str | None = None, *, fails: bool = False) -> None:
        self.said: list[str] = []
        self._consent, self._answer, self._fails = consent, answer, fails

    async def say_whole(self, line: str) -> None:
        if self._fails:
            raise VoiceFailed("no voice")
        self.said.append(line)

    async def speak(self, line: str) -> None:
        self.said.append(line)
        if self._answer is not None:
            self._consent.hears(self._answer)


async def asked(house: Any, answer: str | None = None, *, fails: bool = False) -> tuple[bool, Any, Voice]:
    store, row = MemoryStore(), a_call()
    await store.open_call(row)
    consent = RecordingConsent(store, row, HOLDER, LoopClock(), house)
    voice = Voice(consent, answer, fails=fails)
    greets = await consent.obtain(voice)  # type: ignore[arg-type]
    assert not consent.is_asking
    return greets, await store.recording(CALL), voice


async def test_who_stays_once_they_are_told_agrees() -> None:
    greets, recording, voice = await asked(HOUSE)
    assert greets
    assert recording.state is RecordingState.ON
    assert voice.said == [HOUSE.recording_notice]


async def test_who_could_not_be_told_is_not_recorded() -> None:
    greets, recording, _ = await asked(HOUSE, fails=True)
    assert greets
    assert recording is None


@pytest.mark.parametrize(
    ("answer", "state", "greets"),
    [
        ("Yes, please.", RecordingState.ON, True),
        ("No, thank you.", RecordingState.REFUSED, True),
        ("I was charged twice", RecordingState.REFUSED, False),
    ],
)
async def test_by_word_only_a_yes_is_consent(answer: str, state: RecordingState, greets: bool) -> None:
    greeted, recording, voice = await asked(BY_WORD, answer)
    assert recording.state is state
    assert greeted is greets
    assert voice.said == [HOUSE.recording_question]


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("Yes.", "yes"),
        ("Of course, go ahead", "yes"),
        ("yes but please do not", "no"),
        ("I'd rather you didn't", "no"),
        ("yesterday my line broke", "other"),
        ("", "other"),
    ],
)
def test_any_word_of_refusal_is_a_no(said: str, answer: Answer) -> None:
    assert answer_of(said, yes=DEFAULT_YES, no=DEFAULT_NO) == answer
