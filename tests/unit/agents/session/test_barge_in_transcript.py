"""How much of an interrupted reply the caller heard."""

from __future__ import annotations

import pytest

from agents.session.barge_in_transcript import CHARACTERS_A_SECOND, heard_text

REPLY = "We are open every day from eight to eight."


def test_a_reply_that_was_played_to_its_end_was_heard_to_its_end() -> None:
    seconds = len(REPLY) / CHARACTERS_A_SECOND
    assert heard_text(REPLY, played_s=seconds, sent_s=seconds) == REPLY


def test_half_of_the_audio_is_half_of_the_words_and_no_half_word() -> None:
    assert heard_text(REPLY, played_s=1.5, sent_s=3.0) == "We are open every day"


def test_audio_still_to_come_does_not_add_words() -> None:
    story = "and so on " * 1_000
    heard = heard_text(story, played_s=4.0, sent_s=8.0)
    assert story.startswith(heard)
    assert len(heard) == pytest.approx(4 * CHARACTERS_A_SECOND, abs=10)


def test_without_playback_no_words_were_heard() -> None:
    assert heard_text(REPLY, played_s=0.0, sent_s=0.0) == ""
    assert heard_text("", played_s=1.0, sent_s=1.0) == ""
