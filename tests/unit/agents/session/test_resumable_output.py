"""An agent's speech is held and resumed, over an output that plays in real time as LiveKit's does."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
from livekit import rtc

from agents.session.resumable_output import ResumableOutput
from tests.support.audio.loudspeaker import Loudspeaker

pytestmark = pytest.mark.looptime

RATE = 16_000
TONE_S, GAP_S = 0.15, 0.05


def words(count: int) -> np.ndarray:
    """Return so many words, each a tone of its own level with a gap after it."""
    tone = np.sin(np.arange(round(RATE * TONE_S)) / 5)
    gap = np.zeros(round(RATE * GAP_S))
    parts = [part for number in range(count) for part in (tone * (3_000 + 2_000 * number), gap)]
    return np.concatenate(parts).astype(np.int16)


async def say(output: ResumableOutput, samples: np.ndarray) -> None:
    for start in range(0, len(samples), 320):
        piece = samples[start : start + 320]
        await output.capture_frame(rtc.AudioFrame(piece.tobytes(), RATE, 1, len(piece)))
    output.flush()


@pytest.fixture
async def loudspeaker() -> Loudspeaker:
    return Loudspeaker(RATE)


@pytest.fixture
async def output(loudspeaker: Loudspeaker) -> ResumableOutput:
    return ResumableOutput(loudspeaker)


async def test_undisturbed_speech_is_heard_as_it_is(
    output: ResumableOutput, loudspeaker: Loudspeaker
) -> None:
    said = words(4)
    await say(output, said)
    assert output.audible
    finished = await output.wait_for_playout()
    assert loudspeaker.heard == said.tobytes()
    assert not finished.interrupted
    assert finished.playback_position == pytest.approx(len(said) / RATE)
    assert not output.audible


async def test_a_held_word_is_said_again_from_its_beginning_and_nothing_is_lost(
    output: ResumableOutput, loudspeaker: Loudspeaker
) -> None:
    said = words(4)
    await say(output, said)
    await asyncio.sleep(0.3)  # in the middle of the second word
    output.pause()
    await asyncio.sleep(0.1)
    cut_at_s = loudspeaker.position_s
    assert 0.2 < cut_at_s < 0.4, "nothing that was passed on ahead is heard"
    output.resume()
    finished = await output.wait_for_playout()
    heard, again = np.frombuffer(loudspeaker.heard, np.int16), round((TONE_S + GAP_S) * RATE)
    assert (heard[-(len(said) - again) :] == said[again:]).all(), "from the second word on"
    assert finished.playback_position == pytest.approx(len(said) / RATE, abs=0.05), (
        "the repeated part counts once"
    )


async def test_held_speech_that_is_stopped_is_over(output: ResumableOutput, loudspeaker: Loudspeaker) -> None:
    await say(output, words(4))
    await asyncio.sleep(0.3)
    output.pause()
    output.clear_buffer()
    finished = await output.wait_for_playout()
    assert finished.interrupted
    assert finished.playback_position < 0.45
    assert not output.silenced
    next_words = words(1)
    await say(output, next_words)
    await output.wait_for_playout()
    assert loudspeaker.heard.endswith(next_words.tobytes())


async def test_speech_that_was_held_before_its_first_sound_and_stopped_is_over(
    output: ResumableOutput,
) -> None:
    output.pause()
    await say(output, words(2))
    output.clear_buffer()
    finished = await output.wait_for_playout()
    assert finished.interrupted
    assert finished.playback_position == 0.0
    assert not output.audible


async def test_who_interrupts_before_the_track_has_a_listener_hears_what_is_said_next(
    loudspeaker: Loudspeaker,
) -> None:
    loudspeaker.subscribed = asyncio.get_running_loop().create_future()
    output = ResumableOutput(loudspeaker, loudspeaker.subscribed)
    await say(output, words(2))
    await asyncio.sleep(0.1)
    output.clear_buffer()
    assert (await output.wait_for_playout()).interrupted
    answer = words(1)
    await say(output, answer)
    await asyncio.sleep(0.1)
    loudspeaker.subscribed.set_result(None)
    assert not (await output.wait_for_playout()).interrupted
    assert loudspeaker.heard == answer.tobytes()


async def test_audio_that_comes_in_bits_is_heard_without_the_rest_being_held_back(
    output: ResumableOutput, loudspeaker: Loudspeaker
) -> None:
    said = words(1)
    await output.capture_frame(rtc.AudioFrame(said[:160].tobytes(), RATE, 1, 160))
    await asyncio.sleep(0.05)
    await output.capture_frame(rtc.AudioFrame(said[160:].tobytes(), RATE, 1, len(said) - 160))
    output.flush()
    await output.wait_for_playout()
    assert loudspeaker.heard == said.tobytes()


async def test_speech_that_is_to_end_soon_tells_when_its_word_is_over(output: ResumableOutput) -> None:
    await say(output, words(4))
    await asyncio.sleep(0.05)  # in the middle of the first word
    assert output.soft_moment(0.4) == pytest.approx(TONE_S - 0.05, abs=0.03)
    await asyncio.sleep(0.6)  # all of it is passed on, and the last word is being heard
    assert output.soft_moment(0.4) == pytest.approx(TONE_S - 0.05, abs=0.03)
    await output.wait_for_playout()
    assert output.soft_moment(0.4) == 0.0
