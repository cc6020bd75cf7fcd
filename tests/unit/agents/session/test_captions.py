"""Captions follow what is heard: growing, cut short by a barge-in, and only from those who take part."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from livekit import rtc
from livekit.agents import AgentSession, ConversationItemAddedEvent
from livekit.agents.llm import ChatMessage

from agents.session import barge_in_transcript
from agents.session.barge_in_transcript import truncate_on_barge_in
from agents.session.captions import Captions
from agents.session.transcript import operator_message, typed_message
from tests.support.audio.headset import Earpiece
from tests.support.audio.spoken import RATE
from transfer.page_protocol import Caption, longest_call_s, wants_captions

LINE = "We are open every day from eight to eight."
ROLE = "the front desk"


class Watch:
    """A clock in seconds that the test sets."""

    now = 0.0

    def monotonic(self) -> float:
        return self.now


class Speaking:
    """A session's sound and events, with captions on them."""

    def __init__(self) -> None:
        self.on_item: Any = None
        output = SimpleNamespace(audio=Earpiece(), transcription=None)
        session = cast("AgentSession[None]", SimpleNamespace(output=output, on=self._on))
        truncate_on_barge_in(session)
        self.audio: Any = session.output.audio
        self.text: Any = session.output.transcription
        self.captions = Captions(ROLE)
        self.captions.attach(session)

    def _on(self, event: str, heard: Any) -> None:
        assert event == "conversation_item_added"
        self.on_item = heard

    def adds(self, message: ChatMessage) -> None:
        self.on_item(ConversationItemAddedEvent(item=message))

    async def begins(self, line: str = LINE, *, length_s: float = 4.0) -> None:
        await self.text.capture_text(line)
        self.text.flush()
        samples = round(RATE * length_s)
        await self.audio.capture_frame(rtc.AudioFrame(bytes(2 * samples), RATE, 1, samples))


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    watch = Watch()
    monkeypatch.setattr(barge_in_transcript, "time", watch)
    return watch


@pytest.fixture
async def speaking(watch: Watch) -> Speaking:
    assert watch
    return Speaking()


def agents(line: int, words: str, *, over: bool) -> Caption:
    return Caption(line=line, role=ROLE, words=words, over=over)


async def test_an_agents_words_appear_as_they_are_heard(speaking: Speaking, watch: Watch) -> None:
    await speaking.begins()
    assert speaking.captions.take() == []
    watch.now = 2.0
    assert speaking.captions.take() == [agents(1, "We are open every day", over=False)]
    assert speaking.captions.take() == []
    speaking.audio.on_playback_finished(playback_position=4.0, interrupted=False)
    assert speaking.captions.take() == [agents(1, LINE, over=True)]


async def test_a_pause_stops_the_words_as_it_stops_the_sound(speaking: Speaking, watch: Watch) -> None:
    await speaking.begins()
    watch.now = 2.0
    speaking.audio.pause()
    watch.now = 60.0
    assert speaking.captions.take() == [agents(1, "We are open every day", over=False)]
    speaking.audio.resume()
    watch.now = 61.0
    assert speaking.captions.take() == [agents(1, "We are open every day from eight", over=False)]


@pytest.mark.parametrize(("played_s", "heard"), [(1.0, "We are"), (0.0, "")])
async def test_after_a_barge_in_only_what_was_heard_is_left(
    speaking: Speaking, played_s: float, heard: str
) -> None:
    await speaking.begins()
    speaking.audio.on_playback_finished(playback_position=played_s, interrupted=True)
    assert speaking.captions.take() == [agents(1, heard, over=True)]


async def test_a_caller_reads_their_own_words_and_never_an_operators(speaking: Speaking) -> None:
    speaking.adds(ChatMessage(role="user", content=["My bill."]))
    speaking.adds(operator_message("They are in a hurry."))
    speaking.adds(typed_message("their page shows this itself"))
    speaking.adds(ChatMessage(role="system", content=["Be kind."]))
    assert speaking.captions.take() == [Caption(line=1, role=None, words="My bill.", over=True)]


async def test_without_a_page_captions_do_not_pile_up(speaking: Speaking) -> None:
    for number in range(1_000):
        speaking.captions.show(f"{number}")
    kept = speaking.captions.take()
    assert len(kept) == 50
    assert kept[-1].words == "999"


def test_only_a_token_that_asks_for_captions_gets_them() -> None:
    assert wants_captions({"baton.captions": "1"})
    assert not wants_captions({})
    assert not wants_captions({"baton.captions": "0"})


@pytest.mark.parametrize(
    ("told", "seconds"), [({}, 3600.0), ("600", 600.0), ("7200", 3600.0), ("-1", 0.0), ("soon", 3600.0)]
)
def test_a_token_may_only_shorten_a_call(told: str | dict[str, str], seconds: float) -> None:
    attributes = {"baton.longest_call_s": told} if isinstance(told, str) else told
    assert longest_call_s(attributes, 3600.0) == seconds
